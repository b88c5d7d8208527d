import { memo, type ReactNode, useRef } from "react";
import type { DetectorResult, SetResult } from "../../../study/result.ts";
import { percent } from "../../model/format.ts";
import { Empty, Panel, TableTwin } from "../../ui/Panel.tsx";
import table from "../../ui/table.module.css";
import css from "./charts.module.css";
import { ExportRoc, ExportSvg } from "./exports.tsx";
import { ThresholdDots } from "./ThresholdMarks.tsx";

const SIDE = 220;

interface RocPanelProps {
  readonly result: DetectorResult | null;
  /** Of exported files. */
  readonly name: string;
}

/** ROC curves of one cell and detector; ID is the positive class. */
export const RocPanel = memo(function RocPanel({ result, name }: RocPanelProps) {
  const drawing = useRef<SVGSVGElement>(null);
  const sets = result?.sets.filter((set) => set.test && set.roc !== null) ?? [];
  const best = sets.reduce<SetResult | null>(
    (top, set) => ((set.metrics.auroc ?? 0) > (top?.metrics.auroc ?? -1) ? set : top),
    null,
  );
  return (
    <Panel
      title="ROC"
      actions={
        result === null || sets.length === 0 ? undefined : (
          <>
            <ExportRoc result={result} name={name} />
            <ExportSvg name={`${name}-roc`} figures={() => (drawing.current === null ? [] : [drawing.current])} />
          </>
        )
      }
      summary={
        best === null
          ? undefined
          : `ID accepted against OOD accepted; best separated: ${best.set} (${percent(best.metrics.auroc)} %).`
      }
    >
      {sets.length === 0 ? (
        <Empty>{result?.undefinedBecause ?? "No curve for this cell."}</Empty>
      ) : (
        <>
          <svg
            ref={drawing}
            className={css.square}
            viewBox={`-26 -6 ${SIDE + 34} ${SIDE + 34}`}
            role="img"
            aria-label="ROC curves per OOD test set"
          >
            <rect width={SIDE} height={SIDE} className={css.frame} />
            <line x1={0} y1={SIDE} x2={SIDE} y2={0} className={css.diagonal} />
            {sets.map((set, k) => (
              <Curve key={set.set} set={set} dash={k} />
            ))}
            <ThresholdDots side={SIDE} />
            <text x={SIDE / 2} y={SIDE + 22} textAnchor="middle" className={css.axis}>
              OOD accepted (FPR)
            </text>
            <text x={-SIDE / 2} y={-10} transform="rotate(-90)" textAnchor="middle" className={css.axis}>
              ID accepted (TPR)
            </text>
          </svg>
          <RocLegend sets={sets} />
          <TableTwin label="ROC as a table">
            <RocTable sets={sets} />
          </TableTwin>
        </>
      )}
    </Panel>
  );
});

function Curve({ set, dash }: { set: SetResult; dash: number }): ReactNode {
  const { fpr = [], tpr = [] } = set.roc ?? {};
  const points = fpr.map((x, i) => `${(x * SIDE).toFixed(1)},${((1 - (tpr[i] ?? 0)) * SIDE).toFixed(1)}`).join(" ");
  return (
    <polyline
      points={points}
      className={`${css.line} ${set.group === "near" ? css.near : css.far}`}
      strokeDasharray={dashOf(dash)}
    >
      <title>{`${set.set}: AUROC ${percent(set.metrics.auroc)} %`}</title>
    </polyline>
  );
}

/** Solid for the first set, then ever longer dashes: colour alone tells only near from far. */
function dashOf(at: number): string | undefined {
  return at === 0 ? undefined : `${2 + at * 2} ${at + 1}`;
}

function RocLegend({ sets }: { sets: readonly SetResult[] }): ReactNode {
  return (
    <ul className={css.legend}>
      {sets.map((set, at) => (
        <li key={set.set}>
          <svg width={30} height={8} aria-hidden="true">
            <line
              x1={0}
              y1={4}
              x2={30}
              y2={4}
              className={`${css.line} ${set.group === "near" ? css.near : css.far}`}
              strokeDasharray={dashOf(at)}
            />
          </svg>
          {set.set} {percent(set.metrics.auroc)} %
        </li>
      ))}
    </ul>
  );
}

function RocTable({ sets }: { sets: readonly SetResult[] }): ReactNode {
  return (
    <table className={table.table}>
      <thead>
        <tr>
          <th scope="col">OOD set</th>
          <th scope="col">FPR at 50 % TPR</th>
          <th scope="col">80 %</th>
          <th scope="col">95 %</th>
        </tr>
      </thead>
      <tbody>
        {sets.map((set) => (
          <tr key={set.set}>
            <th scope="row">{set.set}</th>
            {[0.5, 0.8, 0.95].map((tpr) => (
              <td key={tpr}>{percent(set.roc?.fpr[set.roc.tpr.findIndex((value) => value >= tpr)] ?? null)}</td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  );
}
