import { memo, type ReactNode, useRef } from "react";
import type { BenchmarkInfo } from "../../../data/benchmark.ts";
import type { DetectorResult, Histogram, SetResult } from "../../../study/result.ts";
import { percent } from "../../model/format.ts";
import { detectorTitle } from "../../model/words.ts";
import { Empty, Panel, TableTwin } from "../../ui/Panel.tsx";
import table from "../../ui/table.module.css";
import css from "./charts.module.css";
import { ExportSvg } from "./exports.tsx";
import { ThresholdLine } from "./ThresholdMarks.tsx";

const WIDTH = 220;
const HEIGHT = 110;

interface ScoreHistogramsProps {
  /** Whose scores: "α = 0.80, seed 0". */
  readonly subject: string;
  /** Of exported files. */
  readonly name: string;
  readonly result: DetectorResult | null;
  readonly benchmark: BenchmarkInfo | null;
}

/** One small histogram per OOD test set: ID against OOD confidence on a common axis. */
export const ScoreHistograms = memo(function ScoreHistograms({
  subject,
  name,
  result,
  benchmark,
}: ScoreHistogramsProps) {
  const drawings = useRef<HTMLDivElement>(null);
  const sets = result?.sets.filter((set) => set.test) ?? [];
  const title = (of: string): string => benchmark?.sets.find((set) => set.name === of)?.title ?? of;
  return (
    <Panel
      title={`Scores, ${detectorTitle(result?.variant ?? result?.detector ?? "")}`}
      summary={`Confidence of ID test (blue) and OOD (red-grey) images, ${subject}. Right = more in-distribution.`}
      actions={
        sets.length === 0 ? undefined : (
          <ExportSvg name={`${name}-scores`} figures={() => [...(drawings.current?.querySelectorAll("svg") ?? [])]} />
        )
      }
    >
      {sets.length === 0 ? (
        <Empty>{result?.undefinedBecause ?? "There are no scores of this detector."}</Empty>
      ) : (
        <>
          <div className={css.grid} ref={drawings}>
            {sets.map((set) => (
              <SetHistogram key={set.set} set={set} title={title(set.set)} />
            ))}
          </div>
          <TableTwin label="Histograms as a table">
            <HistogramTable sets={sets} />
          </TableTwin>
        </>
      )}
    </Panel>
  );
});

function SetHistogram({ set, title }: { set: SetResult; title: string }): ReactNode {
  const { histogram, metrics, group } = set;
  const caption = `${title} (${group}-OOD): AUROC ${percent(metrics.auroc)} %`;
  return (
    <figure className={css.small}>
      {histogram === null ? (
        <p>undefined</p>
      ) : (
        <svg viewBox={`0 0 ${WIDTH} ${HEIGHT}`} role="img" aria-label={caption}>
          <Steps histogram={histogram} which="ood" total={set.nOod} className={css.ood} />
          <Steps histogram={histogram} which="id" total={set.nId} className={css.id} />
          <ThresholdLine histogram={histogram} width={WIDTH} height={HEIGHT} />
        </svg>
      )}
      <figcaption>{caption}</figcaption>
    </figure>
  );
}

/** A filled step line; each group is scaled to its own number of images, the root of the share keeps small bins visible. */
function Steps({
  histogram,
  which,
  total,
  className,
}: {
  histogram: Histogram;
  which: "id" | "ood";
  total: number;
  className: string | undefined;
}): ReactNode {
  const counts = histogram[which];
  const step = WIDTH / counts.length;
  const points = counts.map((count, bin) => {
    const y = HEIGHT - Math.sqrt(count / total) * HEIGHT;
    return `L${(bin * step).toFixed(1)} ${y.toFixed(1)}H${((bin + 1) * step).toFixed(1)}`;
  });
  return <path d={`M0 ${HEIGHT}${points.join("")}V${HEIGHT}Z`} className={className} />;
}

function HistogramTable({ sets }: { sets: readonly SetResult[] }): ReactNode {
  const defined = sets.filter((set) => set.histogram !== null);
  const bins = defined[0]?.histogram?.id.length ?? 0;
  return (
    <table className={table.table}>
      <thead>
        <tr>
          <th scope="col">Bin</th>
          {defined.map((set) => (
            <th key={set.set} scope="col">
              {set.set}: ID / OOD
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {Array.from({ length: bins }, (_, bin) => bin).map((bin) => (
          <tr key={bin}>
            <th scope="row">{bin + 1}</th>
            {defined.map((set) => (
              <td key={set.set}>
                {set.histogram?.id[bin]} / {set.histogram?.ood[bin]}
              </td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  );
}
