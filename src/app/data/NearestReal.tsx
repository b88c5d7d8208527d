import { type ReactNode, useEffect, useState } from "react";
import type { BenchmarkInfo } from "../../data/benchmark.ts";
import { type ImageSet, pick } from "../../data/imageSet.ts";
import type { Session } from "../session/session.ts";
import { useSession } from "../state/session.tsx";
import { Loading, Notice } from "../ui/Panel.tsx";
import { Thumbnail } from "../ui/Thumbnail.tsx";
import css from "./NearestReal.module.css";

const NEIGHBOURS = 5;

interface Neighbours {
  readonly images: ImageSet;
  /** Numbers in the train set, nearest first. */
  readonly indices: readonly number[];
  readonly distances: readonly number[];
  /** Of the nearest real image to the real image that is nearest to it. */
  readonly among: number | null;
}

type Search =
  | { readonly kind: "searching" }
  | { readonly kind: "found"; readonly neighbours: Neighbours }
  | { readonly kind: "failed"; readonly message: string };

interface NearestRealProps {
  readonly benchmark: BenchmarkInfo;
  readonly set: ImageSet;
  readonly at: number;
}

/** The real train images that a sample is nearest to: does the generator repeat what it was trained on? */
export function NearestReal({ benchmark, set, at }: NearestRealProps): ReactNode {
  const session = useSession();
  const [search, setSearch] = useState<Search>({ kind: "searching" });
  useEffect(() => {
    let current = true;
    setSearch({ kind: "searching" });
    nearest(session, benchmark, pick(set, [at])).then(
      (neighbours) => current && setSearch({ kind: "found", neighbours }),
      (error: unknown) =>
        current && setSearch({ kind: "failed", message: error instanceof Error ? error.message : String(error) }),
    );
    return () => {
      current = false;
    };
  }, [session, benchmark, set, at]);

  return (
    <section className={css.nearest} aria-label="Nearest real images" aria-live="polite">
      <figure className={css.image}>
        <Thumbnail set={set} at={at} source="synthetic" label="the sample" />
        <figcaption>sample</figcaption>
      </figure>
      {search.kind === "searching" ? <Loading what="Comparing with every real train image…" /> : null}
      {search.kind === "failed" ? <Notice kind="warn">{search.message}</Notice> : null}
      {search.kind === "found" ? <Found benchmark={benchmark} {...search.neighbours} /> : null}
    </section>
  );
}

function Found({ benchmark, images, indices, distances, among }: Neighbours & { benchmark: BenchmarkInfo }): ReactNode {
  const [first] = distances;
  return (
    <>
      {indices.map((index, at) => (
        <figure key={index} className={css.image}>
          <Thumbnail
            set={images}
            at={at}
            source="real"
            label={`real ${benchmark.classNames[images.labels[at] as number] ?? ""}`}
          />
          <figcaption>{distances[at]?.toFixed(1)}</figcaption>
        </figure>
      ))}
      <p className={css.text}>
        Root mean square difference of the pixels, 0 … 255; a copy has almost 0.
        {first === undefined || among === null
          ? null
          : ` The sample is ${first.toFixed(1)} from its nearest real image; that image is ${among.toFixed(1)} from the real image nearest to it.`}
      </p>
    </>
  );
}

async function nearest(session: Session, benchmark: BenchmarkInfo, sample: ImageSet): Promise<Neighbours> {
  const { indices, distances } = await session.nearestReal(benchmark.id, sample, NEIGHBOURS);
  const images = await session.images(benchmark.id, "train", [...indices]);
  // The first of a real image's own neighbours is itself.
  const own = await session.nearestReal(benchmark.id, pick(images, [0]), 2);
  return { images, indices: [...indices], distances: [...distances], among: own.distances[1] ?? null };
}
