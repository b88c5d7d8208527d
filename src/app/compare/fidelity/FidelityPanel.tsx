import { Button, NativeSelect } from "@mantine/core";
import { type ReactNode, useMemo, useState } from "react";
import type { GeneratorInfo } from "../../../generators/generator.ts";
import { type RankCorrelation, TREND_POINTS } from "../../../metrics/fidelity/rankCorrelation.ts";
import { alphaText } from "../../../study/cell.ts";
import type { Study } from "../../../study/study.ts";
import { sameAlpha } from "../../model/cellIndex.ts";
import { count, percent, plural } from "../../model/format.ts";
import page from "../../plan/page.module.css";
import { download } from "../../report/download.ts";
import { useSessionField } from "../../state/session.tsx";
import { useView } from "../../state/view.ts";
import { Empty, Panel, TableTwin } from "../../ui/Panel.tsx";
import table from "../../ui/table.module.css";
import type { ComparisonGroup } from "../comparison.ts";
import { type ChartPoint, FidelityChart } from "./FidelityChart.tsx";
import { distanceName, type FidelityFigure, fidelityCsv, fidelityFigure } from "./fidelityPoints.ts";
import { paperPoints } from "./paperPoints.ts";

interface FidelityPanelProps {
  readonly study: Study;
  readonly groups: readonly ComparisonGroup[];
  readonly generators: readonly GeneratorInfo[];
  readonly detector: string;
}

/** Fig. 3 (right): how far each generator is from real images, against AUROC at one α, the paper's points beside it. */
export function FidelityPanel({ study, groups, generators, detector }: FidelityPanelProps): ReactNode {
  const records = useSessionField("fidelities");
  const shown = useView((view) => view.alpha);
  const alphas = useMemo(() => alphasOf(groups), [groups]);
  const [chosen, choose] = useState<number | null>(null);
  const nearest = alphas.reduce<number | null>(
    (best, alpha) => (best === null || Math.abs(alpha - shown) < Math.abs(best - shown) ? alpha : best),
    null,
  );
  const alpha = chosen !== null && alphas.includes(chosen) ? chosen : nearest;
  const figure = useMemo(
    () => (alpha === null ? null : fidelityFigure(groups, records, generators, study.benchmark, alpha)),
    [groups, records, generators, study, alpha],
  );
  if (alpha === null || figure === null) return null;
  const name = distanceName(figure.protocol);
  return (
    <Panel
      title="Fidelity against AUROC"
      summary={summaryOf(figure, alpha)}
      actions={
        <>
          <NativeSelect
            size="xs"
            aria-label="α of the fidelity chart"
            value={String(alpha)}
            onChange={(event) => choose(Number(event.target.value))}
            data={alphas.map((value) => ({ value: String(value), label: `α = ${alphaText(value)}` }))}
          />
          <Button
            size="xs"
            variant="default"
            disabled={figure.points.length === 0}
            onClick={() =>
              download(
                `fidelity-${detector}-a${alphaText(alpha)}.csv`,
                "text/csv",
                fidelityCsv(figure, alpha, detector),
              )
            }
          >
            Export table
          </Button>
        </>
      }
    >
      {figure.points.length === 0 ? (
        <Empty>
          No generator of this study has both a finished cell at this α and a report of its fidelity. Compare its pool
          with real images on the page Data & generators.
        </Empty>
      ) : (
        <FidelityChart
          label={`${name} against mean near and far AUROC of this study's generators`}
          axis={name}
          points={figure.points.map(
            ({ generator, title, kind, frechet, auroc }): ChartPoint => ({
              key: generator,
              title,
              x: frechet,
              y: auroc,
              mark: kind,
            }),
          )}
        />
      )}
      <FidelityTable figure={figure} name={name} />
      <h3>The paper's seven generators</h3>
      <FidelityChart
        label="FID against AUROC of the paper's Fig. 3"
        axis="FID (CIFAR-10, as the paper gives it)"
        points={paperPoints.map(({ generator, fid, auroc }) => ({
          key: generator,
          title: generator,
          x: fid,
          y: auroc,
          mark: "paper",
        }))}
      />
      <p className={page.note}>
        CIFAR-10, MSP, 200 epochs on 50,000 real images; the paper does not say how its FIDs were made. Neither axis is
        that of this study: only the shape of the trend can be set beside it.
      </p>
    </Panel>
  );
}

function FidelityTable({ figure, name }: { figure: FidelityFigure; name: string }): ReactNode {
  return (
    <TableTwin label="View the points as a table">
      <table className={table.table}>
        <thead>
          <tr>
            <th scope="col">Generator</th>
            <th scope="col">Kind</th>
            <th scope="col">{name} ↓</th>
            <th scope="col">real–real floor</th>
            <th scope="col">Mean near and far AUROC (%) ↑</th>
            <th scope="col">Seeds</th>
          </tr>
        </thead>
        <tbody>
          {figure.points.map((point) => (
            <tr key={point.generator}>
              <th scope="row">{point.title}</th>
              <td>{point.kind}</td>
              <td>{point.frechet.toPrecision(4)}</td>
              <td>{point.floor === null ? "–" : point.floor.toPrecision(4)}</td>
              <td>{percent(point.auroc)}</td>
              <td>{point.seeds}</td>
            </tr>
          ))}
          {paperPoints.map(({ generator, fid, auroc }) => (
            <tr key={`paper ${generator}`}>
              <th scope="row">{generator}</th>
              <td>paper, CIFAR-10</td>
              <td>{fid}</td>
              <td>–</td>
              <td>{percent(auroc)}</td>
              <td>–</td>
            </tr>
          ))}
        </tbody>
      </table>
    </TableTwin>
  );
}

function alphasOf(groups: readonly ComparisonGroup[]): number[] {
  const alphas: number[] = [];
  for (const { kind, rows } of groups) {
    if (kind !== "learned" && kind !== "controlled") continue;
    for (const { alpha } of rows) if (!alphas.some((other) => sameAlpha(other, alpha))) alphas.push(alpha);
  }
  return alphas.sort((a, b) => a - b);
}

/** What the chart shows, by which protocol, and the trend of either kind where there are enough generators. */
function summaryOf({ protocol, points, trends }: FidelityFigure, alpha: number): string {
  if (protocol === null) return "How far generators are from real images, against AUROC: no report yet.";
  const of = (kind: "learned" | "controlled"): string => {
    const n = points.filter((point) => point.kind === kind).length;
    return `${plural(n, `${kind} generator`)} ${trendText(trends[kind])}`;
  };
  const made = `${protocol.network}, N = ${count(protocol.n)}, reference ${protocol.reference}, resizer ${protocol.resizer}, seed ${protocol.seed}`;
  return `${distanceName(protocol)} (${made}) at α = ${alphaText(alpha)}: ${of("learned")} (●); ${of("controlled")} (□).`;
}

function trendText(trend: RankCorrelation | null): string {
  if (trend === null) return `without a trend, which takes ${TREND_POINTS}`;
  const [low, high] = trend.interval;
  return `with Spearman's ρ = ${trend.rho.toFixed(2)}, 95 % bootstrap interval [${low.toFixed(2)}, ${high.toFixed(2)}]`;
}
