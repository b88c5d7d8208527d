import { Fragment, type ReactNode } from "react";
import type { GeneratorInfo } from "../../generators/generator.ts";
import { alphaText } from "../../study/cell.ts";
import type { Study } from "../../study/study.ts";
import type { CurveMetric } from "../model/curve.ts";
import { plural } from "../model/format.ts";
import { provenanceText } from "../model/words.ts";
import page from "../plan/page.module.css";
import table from "../ui/table.module.css";
import type { Bootstraps } from "./bootstraps.ts";
import css from "./compare.module.css";
import type { ComparisonGroup, ComparisonRow } from "./comparison.ts";
import { DifferenceCell } from "./DifferenceCell.tsx";
import { type SigmaKind, ValueCell } from "./ValueCell.tsx";

const columns: readonly { metric: CurveMetric; title: string }[] = [
  { metric: "accuracy", title: "ID accuracy (%) ↑" },
  { metric: "near", title: "Near AUROC (%) ↑" },
  { metric: "far", title: "Far AUROC (%) ↑" },
];

interface ComparisonTableProps {
  readonly label: string;
  readonly group: ComparisonGroup;
  readonly generators: readonly GeneratorInfo[];
  readonly study: Study;
  readonly sigma: SigmaKind;
  readonly bootstraps: Bootstraps;
}

/** Generator × α: mean ± σ over seeds, and the paired difference to the baseline. */
export function ComparisonTable(props: ComparisonTableProps): ReactNode {
  const { label, group, generators, study, sigma, bootstraps } = props;
  const baseline = group.kind === "baseline";
  return (
    <div className={table.scroll}>
      <table className={table.table} aria-label={label}>
        <thead>
          <tr>
            <th scope="col">Generator</th>
            <th scope="col">α</th>
            <th scope="col">Seeds</th>
            {columns.map(({ metric, title }) => (
              <Fragment key={metric}>
                <th scope="col">
                  {title}
                  <div className={css.small}>mean ± {sigma} σ</div>
                </th>
                {baseline ? null : (
                  <th scope="col">
                    Δ to α = 1, points
                    <div className={css.small}>mean [95 % t-interval]</div>
                  </th>
                )}
              </Fragment>
            ))}
          </tr>
        </thead>
        <tbody>
          {group.rows.map((row) => (
            <tr key={row.key}>
              <th scope="row" className={css.name}>
                {rowTitle(row, generators, study)}
                <ConvergenceBadge row={row} />
                <div className={css.small}>
                  {row.provenance === null ? "no generator" : provenanceText(row.provenance)}
                </div>
              </th>
              <td>{alphaText(row.alpha)}</td>
              <td>
                {row.cells.length} of {row.planned}
              </td>
              {columns.map(({ metric }) => {
                const bootstrap = metric === "accuracy" ? null : bootstraps.of(row);
                return (
                  <Fragment key={metric}>
                    <ValueCell
                      metric={metric}
                      spread={row.metrics[metric].spread}
                      lead={group.leads[metric]}
                      rowKey={row.key}
                      sigma={sigma}
                      bootstrap={bootstrap}
                    />
                    {baseline ? null : (
                      <DifferenceCell metric={metric} paired={row.metrics[metric].paired} bootstrap={bootstrap} />
                    )}
                  </Fragment>
                );
              })}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function ConvergenceBadge({ row }: { row: ComparisonRow }): ReactNode {
  if (row.notConverged === 0) return null;
  const all = row.notConverged === row.cells.length;
  return (
    <span className={page.badge} title="Training accuracy below 99 %">
      not converged{all ? "" : ` (${row.notConverged} of ${plural(row.cells.length, "seed")})`}
    </span>
  );
}

/** The generator, with method and pool size only where the study has several. */
function rowTitle(
  { curve, provenance, alpha }: ComparisonRow,
  generators: readonly GeneratorInfo[],
  study: Study,
): string {
  const baseline = provenance === null && alpha === 1;
  const info = generators.find(({ id }) => id === curve.generator);
  const parts = [baseline ? "Real images only" : (info?.title ?? curve.generator ?? "Real images only")];
  if (!baseline && study.pools.length > 1) parts.push(`pool ${curve.poolSize.toLocaleString("en-US")}`);
  if (study.methods.length > 1) parts.push(curve.method);
  return parts.join(", ");
}
