import { memo, type ReactNode } from "react";
import type { BenchmarkInfo } from "../../data/benchmark.ts";
import type { Mistake } from "../../study/result.ts";
import type { CellSummary } from "../../study/summary.ts";
import { detectorOf } from "../model/curve.ts";
import { detectorTitle } from "../model/words.ts";
import { useImages } from "../state/images.ts";
import { Empty, Loading, Notice, Panel } from "../ui/Panel.tsx";
import { Thumbnail } from "../ui/Thumbnail.tsx";
import css from "./scores.module.css";
import { setTitle } from "./setTitle.ts";

interface MistakesPanelProps {
  readonly summary: CellSummary;
  readonly detector: string;
  readonly benchmark: BenchmarkInfo | null;
  readonly chosen: string | null;
}

const SHOWN = 8;

/** OOD images that the detector trusts most, and ID images that it trusts least. */
export const MistakesPanel = memo(function MistakesPanel(props: MistakesPanelProps): ReactNode {
  const { summary, detector, benchmark, chosen } = props;
  const result = detectorOf(summary, detector);
  const ood = result?.sets.find((set) => set.set === chosen);
  const names = benchmark?.classNames ?? [];
  const benchmarkId = summary.cell.benchmark;
  return (
    <Panel
      title="Worst mistakes"
      summary={`${detectorTitle(detector)}, α = ${summary.cell.alpha.toFixed(2)}, seed ${summary.cell.seed}. Under each image: its score and what the classifier called it.`}
    >
      {ood === undefined || result === null ? (
        <Empty>This cell has no stored mistakes for {detectorTitle(detector)}.</Empty>
      ) : (
        <>
          <h3 className={css.sub}>{setTitle(benchmark, ood.set)}: OOD taken for ID</h3>
          <Strip benchmark={benchmarkId} set={ood.set} source="ood" mistakes={ood.worst} classNames={names} />
          <h3 className={css.sub}>ID test: taken for OOD</h3>
          <Strip benchmark={benchmarkId} set="id_test" source="real" mistakes={result.worstId} classNames={names} />
        </>
      )}
    </Panel>
  );
});

interface StripProps {
  readonly benchmark: string;
  readonly set: string;
  readonly source: "ood" | "real";
  readonly mistakes: readonly Mistake[];
  readonly classNames: readonly string[];
}

function Strip({ benchmark, set, source, mistakes, classNames }: StripProps): ReactNode {
  const shown = mistakes.slice(0, SHOWN);
  const indices = shown.map((mistake) => mistake.index);
  const images = useImages(`${benchmark} ${set} ${indices.join(",")}`, (session) =>
    session.images(benchmark, set, indices),
  );
  if (shown.length === 0) return <Empty>None is stored.</Empty>;
  if (images.kind === "failed") return <Notice kind="bad">{images.message}</Notice>;
  if (images.kind === "loading") return <Loading what="Drawing images…" />;
  return (
    <ul className={css.thumbs}>
      {shown.map((mistake, at) => {
        const called = classNames[mistake.predicted] ?? `class ${mistake.predicted}`;
        return (
          <li key={mistake.index}>
            <figure>
              <Thumbnail
                set={images.set}
                at={at}
                source={source}
                label={`Image ${mistake.index} of ${set}, score ${mistake.score.toPrecision(3)}, called ${called}`}
              />
              <figcaption>
                {mistake.score.toPrecision(3)}
                <br />
                {called}
              </figcaption>
            </figure>
          </li>
        );
      })}
    </ul>
  );
}
