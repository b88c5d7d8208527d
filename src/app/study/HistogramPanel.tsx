import { memo, type ReactNode } from "react";
import type { BenchmarkInfo } from "../../data/benchmark.ts";
import type { Histogram, SetResult } from "../../study/result.ts";
import type { CellSummary } from "../../study/summary.ts";
import { detectorOf } from "../model/curve.ts";
import { percent } from "../model/format.ts";
import { detectorTitle } from "../model/words.ts";
import { useView } from "../state/view.ts";
import { Empty, Panel, TableTwin } from "../ui/Panel.tsx";
import table from "../ui/table.module.css";
import css from "./scores.module.css";
import { setTitle } from "./setTitle.ts";

interface HistogramPanelProps {
  readonly summary: CellSummary;
  readonly detector: string;
  readonly benchmark: BenchmarkInfo | null;
  readonly chosen: string | null;
}

/** ID against OOD scores, one small chart per test set; picking one makes it the set of the other panels. */
export const HistogramPanel = memo(function HistogramPanel(props: HistogramPanelProps): ReactNode {
  const { summary, detector, benchmark, chosen } = props;
  const selectOodSet = useView((view) => view.selectOodSet);
  const result = detectorOf(summary, detector);
  const sets = result?.sets.filter((set) => set.test) ?? [];
  return (
    <Panel
      title={`Score histograms, ${detectorTitle(detector)}`}
      summary={
        <>
          Share of images per score, α = {summary.cell.alpha.toFixed(2)}, seed {summary.cell.seed}. Further right = more
          in-distribution. <Key colour="var(--real)" text="ID test" /> <Key colour="var(--ood)" text="OOD" />
        </>
      }
    >
      {result === null ? (
        <Empty>This cell was not scored with {detectorTitle(detector)}. Choose another detector above.</Empty>
      ) : result.undefinedBecause !== null ? (
        <Empty>
          {detectorTitle(detector)} is {result.undefinedBecause}
        </Empty>
      ) : (
        <>
          <div className={css.histograms}>
            {sets.map((set) => (
              <button
                key={set.set}
                type="button"
                className={css.histogram}
                aria-pressed={set.set === chosen}
                onClick={() => selectOodSet(set.set)}
              >
                <span className={css.setName}>
                  {setTitle(benchmark, set.set)} <em>{set.group}</em>
                </span>
                <Bars set={set} name={setTitle(benchmark, set.set)} />
                <span className={css.setValue}>AUROC {percent(set.metrics.auroc)} %</span>
              </button>
            ))}
          </div>
          <HistogramTable set={sets.find((set) => set.set === chosen)} name={setTitle(benchmark, chosen ?? "")} />
        </>
      )}
    </Panel>
  );
});

function Key({ colour, text }: { colour: string; text: string }): ReactNode {
  return (
    <span className={css.key}>
      <span style={{ background: colour }} aria-hidden="true" />
      {text}
    </span>
  );
}

const WIDTH = 160;
const HEIGHT = 56;

function Bars({ set, name }: { set: SetResult; name: string }): ReactNode {
  const { histogram } = set;
  if (histogram === null) return <span className={css.missing}>no histogram stored</span>;
  const id = shares(histogram.id);
  const ood = shares(histogram.ood);
  const top = Math.max(...id, ...ood, Number.MIN_VALUE);
  return (
    <svg viewBox={`0 0 ${WIDTH} ${HEIGHT}`} role="img" aria-label={`Scores of ID test and ${name}`}>
      <path d={stepPath(id, top)} fill="var(--real)" fillOpacity="0.45" stroke="var(--real)" />
      <path d={stepPath(ood, top)} fill="var(--ood)" fillOpacity="0.45" stroke="var(--ood)" />
    </svg>
  );
}

function shares(bins: readonly number[]): number[] {
  const total = bins.reduce((sum, bin) => sum + bin, 0);
  return bins.map((bin) => (total === 0 ? 0 : bin / total));
}

function stepPath(values: readonly number[], top: number): string {
  const width = WIDTH / values.length;
  let path = `M0 ${HEIGHT}`;
  values.forEach((value, i) => {
    const y = (HEIGHT - (value / top) * (HEIGHT - 2)).toFixed(1);
    path += `L${(i * width).toFixed(1)} ${y}L${((i + 1) * width).toFixed(1)} ${y}`;
  });
  return `${path}L${WIDTH} ${HEIGHT}Z`;
}

function HistogramTable({ set, name }: { set: SetResult | undefined; name: string }): ReactNode {
  const histogram = set?.histogram;
  if (!histogram) return null;
  const lower = (bin: number): string => binEdge(histogram, bin).toPrecision(3);
  return (
    <TableTwin label={`View ${name} as a table`}>
      <table className={table.table}>
        <thead>
          <tr>
            <th scope="col">Score from</th>
            <th scope="col">to</th>
            <th scope="col">ID images</th>
            <th scope="col">OOD images</th>
          </tr>
        </thead>
        <tbody>
          {histogram.id.map((inside, bin) => (
            <tr key={lower(bin)}>
              <th scope="row">{lower(bin)}</th>
              <td>{lower(bin + 1)}</td>
              <td>{inside}</td>
              <td>{histogram.ood[bin] ?? 0}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </TableTwin>
  );
}

function binEdge({ lo, hi, id }: Histogram, bin: number): number {
  return lo + ((hi - lo) * bin) / id.length;
}
