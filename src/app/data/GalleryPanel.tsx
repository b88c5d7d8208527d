import { NativeSelect, NumberInput } from "@mantine/core";
import { type ReactNode, useMemo, useState } from "react";
import type { BenchmarkInfo } from "../../data/benchmark.ts";
import type { GeneratorInfo } from "../../generators/generator.ts";
import { provenanceText } from "../model/words.ts";
import page from "../plan/page.module.css";
import { type ImagesState, useImages } from "../state/images.ts";
import { Empty, Loading, Notice, Panel } from "../ui/Panel.tsx";
import css from "./data.module.css";
import { ImageStrip } from "./ImageStrip.tsx";

const PER_CLASS = 8;

interface GalleryPanelProps {
  readonly benchmark: BenchmarkInfo;
  readonly generators: readonly GeneratorInfo[];
}

/** Real images of each class and, beside them, what a generator makes of it. */
export function GalleryPanel({ benchmark, generators }: GalleryPanelProps): ReactNode {
  const [chosen, setChosen] = useState<string | null>(null);
  const [seed, setSeed] = useState(0);
  const generator = generators.find(({ id }) => id === chosen) ?? generators[0] ?? null;
  const hasTrain = benchmark.sets.some((set) => set.name === "train");
  return (
    <Panel
      title="Gallery"
      summary={`Train images (blue) and synthetic images (orange) by class, the first ${PER_CLASS} of each.${
        generator === null ? "" : ` ${generator.title}: ${provenanceText(generator.provenance)}.`
      }`}
    >
      {generators.length === 0 ? null : (
        <div className={page.bar}>
          <NativeSelect
            size="xs"
            label="Generator of the gallery"
            value={generator?.id ?? ""}
            onChange={(event) => setChosen(event.target.value)}
            data={generators.map(({ id, title }) => ({ value: id, label: title }))}
          />
          <NumberInput
            size="xs"
            label="Seed of the gallery"
            min={0}
            max={0xffffffff}
            allowDecimal={false}
            value={seed}
            onChange={(value) => typeof value === "number" && setSeed(value)}
          />
        </div>
      )}
      {hasTrain ? (
        <Rows benchmark={benchmark} generator={generator?.id ?? null} seed={seed} />
      ) : (
        <Empty>The train set of {benchmark.title} is not here yet; its images appear once it is imported.</Empty>
      )}
    </Panel>
  );
}

function Rows({ benchmark, generator, seed }: { benchmark: BenchmarkInfo; generator: string | null; seed: number }) {
  const { id, classNames, fingerprint } = benchmark;
  const real = useImages(`real/${id}/${fingerprint}/${PER_CLASS}`, (session) => session.realSamples(id, PER_CLASS));
  const synthetic = useImages(`synthetic/${id}/${fingerprint}/${generator}/${seed}/${PER_CLASS}`, (session) =>
    generator === null ? session.realSamples(id, 0) : session.samples(id, generator, seed, PER_CLASS),
  );
  if (real.kind === "loading") return <Loading what="Reading real images…" />;
  return (
    <div className={css.gallery}>
      {real.kind === "failed" ? <Notice kind="warn">{real.message}</Notice> : null}
      {synthetic.kind === "failed" ? <Notice kind="warn">{synthetic.message}</Notice> : null}
      {synthetic.kind === "loading" && generator !== null ? <Loading what="Making synthetic images…" /> : null}
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
  const set = images.kind === "ready" ? images.set : null;
  const members = useMemo(
    () => (set === null ? [] : Array.from(set.labels.keys()).filter((at) => set.labels[at] === label)),
    [set, label],
  );
  if (set === null) return <span />;
  return (
    <ImageStrip set={set} members={members} source={source} label={`${members.length} ${source} images of ${name}`} />
  );
}
