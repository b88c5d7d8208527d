import type { ReactNode } from "react";
import { PAIRED_SEEDS, type PairedDifference } from "../../metrics/paired.ts";
import { excludesZero } from "../../metrics/studentT.ts";
import type { GroupBootstrap } from "../../runs/evaluation/bootstrapCells.ts";
import type { CurveMetric } from "../model/curve.ts";
import { correlationText, differenceInterval, verdictText } from "../model/differenceWords.ts";
import { percent, signedPoints } from "../model/format.ts";
import type { RowBootstrap } from "./bootstraps.ts";
import css from "./compare.module.css";

interface DifferenceCellProps {
  readonly metric: CurveMetric;
  readonly paired: PairedDifference | null;
  readonly bootstrap: RowBootstrap | null;
}

/** The paired difference to the baseline, what may be said of it, and the bootstrap's interval beside the t-interval. */
export function DifferenceCell({ metric, paired, bootstrap }: DifferenceCellProps): ReactNode {
  return (
    <td className={css.difference}>
      <Difference paired={paired} />
      {bootstrap === null || metric === "accuracy" ? null : <Drawn bootstrap={bootstrap} metric={metric} />}
    </td>
  );
}

function Difference({ paired }: { paired: PairedDifference | null }): ReactNode {
  if (paired === null) return <div className={css.small}>needs {PAIRED_SEEDS} seeds (0 in common)</div>;
  const { n, mean, sd, interval, correlation } = paired;
  if (interval === null) return <div className={css.small}>{verdictText(paired)}</div>;
  return (
    <>
      <div title={sd === null ? undefined : `sample σ of the differences ${percent(sd, 2)}`}>
        {signedPoints(mean)} {differenceInterval(interval)}
      </div>
      <div className={`${css.small} ${css.wrapped}`}>{verdictText(paired)}</div>
      <div className={css.small} title="Correlation of the two columns over seeds: how much pairing by seed gains">
        n = {n}, {correlationText(correlation)}
      </div>
    </>
  );
}

function Drawn({ bootstrap, metric }: { bootstrap: RowBootstrap; metric: "near" | "far" }): ReactNode {
  switch (bootstrap.kind) {
    case "running":
      return (
        <div className={`${css.small} ${css.wrapped}`}>
          <progress
            className={css.progress}
            aria-label="Bootstrap"
            max={Math.max(1, bootstrap.total)}
            value={bootstrap.done}
          />{" "}
          {bootstrap.done} of {bootstrap.total} {bootstrap.unit}
        </div>
      );
    case "failed":
      return <div className={`${css.small} ${css.wrapped}`}>bootstrap: {bootstrap.message}</div>;
    case "done":
      return (
        <DrawnDifference difference={bootstrap.result[metric]?.difference ?? null} n={bootstrap.result.seeds.length} />
      );
  }
}

function DrawnDifference({ difference, n }: { difference: GroupBootstrap["difference"]; n: number }): ReactNode {
  if (difference === null) return null;
  if (n < PAIRED_SEEDS) return <div className={css.small}>bootstrap: needs {PAIRED_SEEDS} seeds</div>;
  return (
    <div className={`${css.small} ${css.wrapped}`}>
      bootstrap {differenceInterval(difference)}
      {excludesZero(difference) ? "" : ", includes 0"}
    </div>
  );
}
