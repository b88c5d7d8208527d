import type { ReactNode } from "react";
import type { GeneratorInfo } from "../../generators/generator.ts";
import { PAIRED_SEEDS } from "../../metrics/paired.ts";
import { alphaText } from "../../study/cell.ts";
import type { Study } from "../../study/study.ts";
import type { CurveMetric } from "../model/curve.ts";
import { percent, plural, signedPoints } from "../model/format.ts";
import { provenanceText } from "../model/words.ts";
import page from "../plan/page.module.css";
import table from "../ui/table.module.css";
import type { ComparedMetric, ComparisonRow } from "./comparison.ts";

const columns: readonly { metric: CurveMetric; title: string }[] = [
  { metric: "accuracy", title: "ID accuracy (%) ↑" },
  { metric: "near", title: "Near AUROC (%) ↑" },
  { metric: "far", title: "Far AUROC (%) ↑" },
];

interface ComparisonTableProps {
  readonly label: string;
  readonly rows: readonly ComparisonRow[];
  readonly generators: readonly GeneratorInfo[];
  readonly study: Study;
}

export function ComparisonTable({ label, rows, generators, study }: ComparisonTableProps): ReactNode {
  const baseline = rows.every((row) => row.provenance === null && row.alpha === 1);
  return (
    <div className={table.scroll}>
      <table className={table.table} aria-label={label}>
        <thead>
          <tr>
            <th scope="col">Generator</th>
            <th scope="col">α</th>
            <th scope="col">Seeds</th>
            {columns.map(({ metric, title }) => [
              <th key={metric} scope="col">
                {title}
              </th>,
              baseline ? null : (
                <th key={`${metric} Δ`} scope="col">
                  Δ to α = 1
                </th>
              ),
            ])}
            <th scope="col" className={table.text}>
              Provenance
            </th>
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={row.key}>
              <th scope="row">
                {rowTitle(row, generators, study)}
                <ConvergenceBadge row={row} />
              </th>
              <td>{alphaText(row.alpha)}</td>
              <td>
                {row.seeds.length} of {row.planned}
              </td>
              {columns.map(({ metric }) => [
                <td key={metric}>{spreadText(row.metrics[metric])}</td>,
                baseline ? null : <td key={`${metric} Δ`}>{pairedText(row.metrics[metric])}</td>,
              ])}
              <td className={`${table.text} ${table.wrap}`}>
                {row.provenance === null ? "no generator" : provenanceText(row.provenance)}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function ConvergenceBadge({ row }: { row: ComparisonRow }): ReactNode {
  if (row.notConverged === 0) return null;
  const all = row.notConverged === row.seeds.length;
  return (
    <span className={page.badge} title="Training accuracy below 99 %">
      not converged{all ? "" : ` (${row.notConverged} of ${plural(row.seeds.length, "seed")})`}
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

function spreadText({ spread }: ComparedMetric): string {
  if (spread === null) return "–";
  const sigma = spread.sampleSigma === null ? "" : ` ± ${percent(spread.sampleSigma)}`;
  return `${percent(spread.mean)}${sigma} (n = ${spread.n})`;
}

function pairedText({ paired }: ComparedMetric): string {
  if (paired === null) return "–";
  if ("common" in paired) return `needs ${PAIRED_SEEDS} seeds (${paired.common} in common)`;
  return `${signedPoints(paired.mean)}${paired.sd === null ? "" : ` ± ${percent(paired.sd)}`} (n = ${paired.n})`;
}
