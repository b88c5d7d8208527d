import type { ReactNode } from "react";
import type { BenchmarkInfo } from "../../data/benchmark.ts";
import { type ImagesState, useImages } from "../state/images.ts";
import css from "./ClassGallery.module.css";
import { Loading, Notice } from "./Panel.tsx";
import { Thumbnail } from "./Thumbnail.tsx";

interface ClassGalleryProps {
  readonly benchmark: BenchmarkInfo;
  /** null = real images only. */
  readonly generator: string | null;
  readonly seed: number;
  readonly perClass: number;
}

/** A row per class: real images, and beside them the generator's. */
export function ClassGallery({ benchmark, generator, seed, perClass }: ClassGalleryProps): ReactNode {
  const { id, classNames } = benchmark;
  const real = useImages(`real/${id}/${perClass}`, (session) => session.realSamples(id, perClass));
  const synthetic = useImages(`synthetic/${id}/${generator}/${seed}/${perClass}`, async (session) =>
    generator === null ? session.realSamples(id, 0) : session.samples(id, generator, seed, perClass),
  );
  if (real.kind === "loading") return <Loading what="Making samples…" />;
  return (
    <div className={css.gallery}>
      {real.kind === "failed" ? <Notice kind="warn">{real.message}</Notice> : null}
      {synthetic.kind === "failed" ? <Notice kind="warn">{synthetic.message}</Notice> : null}
      {classNames.map((name, label) => (
        <div key={name} className={css.row}>
          <span className={css.name}>{name}</span>
          <OfClass images={real} label={label} name={name} source="real" />
          {generator === null ? null : <OfClass images={synthetic} label={label} name={name} source="synthetic" />}
        </div>
      ))}
    </div>
  );
}

interface OfClassProps {
  readonly images: ImagesState;
  readonly label: number;
  readonly name: string;
  readonly source: "real" | "synthetic";
}

function OfClass({ images, label, name, source }: OfClassProps): ReactNode {
  if (images.kind !== "ready") return <span className={css.strip} />;
  const members = Array.from(images.set.labels.keys()).filter((at) => images.set.labels[at] === label);
  return (
    <span className={css.strip}>
      {members.map((at) => (
        <Thumbnail key={at} set={images.set} at={at} source={source} label={`${source} ${name}`} />
      ))}
    </span>
  );
}
