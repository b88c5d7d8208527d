import { NativeSelect } from "@mantine/core";
import { memo, type ReactNode } from "react";
import type { CellSummary } from "../../study/summary.ts";
import { type AlphaGroup, sameAlpha } from "../model/cellIndex.ts";
import { count, duration, percent } from "../model/format.ts";
import { backendText, provenanceText } from "../model/words.ts";
import { useView } from "../state/view.ts";
import { Empty, Panel } from "../ui/Panel.tsx";
import { RunOffer } from "./RunOffer.tsx";
import css from "./StudyPage.module.css";
import { useShownCell, useShownGroup } from "./studyModel.tsx";

/** Which cell the panels show, whether that is the slider's own α, and the facts of the run behind it. */
export function ShownCell(): ReactNode {
  const group = useShownGroup();
  const summary = useShownCell();
  return (
    <Panel title="At this α" actions={group === null ? undefined : <SeedPicker group={group} summary={summary} />}>
      <Status group={group} />
      <RunOffer />
      {summary === null ? (
        <Empty>
          Nothing has run in this study. Run an α, and its facts, scores and mistakes appear here and below.
        </Empty>
      ) : (
        <Facts summary={summary} />
      )}
    </Panel>
  );
}

/** Re-renders with every move of the slider, so it is small. */
function Status({ group }: { group: AlphaGroup | null }): ReactNode {
  const alpha = useView((view) => view.alpha);
  const here = group !== null && sameAlpha(group.alpha, alpha);
  return (
    <p className={css.status} role="status">
      {group === null ? (
        <span>α = {alpha.toFixed(2)} has not run.</span>
      ) : here ? (
        <span>
          Showing <strong>α = {group.alpha.toFixed(2)}</strong>, {group.cells.length} of {group.planned} seeds
        </span>
      ) : (
        <span>
          α = {alpha.toFixed(2)} has not run. Nearest: <strong>{group.alpha.toFixed(2)}</strong>
        </span>
      )}
    </p>
  );
}

const SeedPicker = memo(function SeedPicker({ group, summary }: { group: AlphaGroup; summary: CellSummary | null }) {
  const selectSeed = useView((view) => view.selectSeed);
  return (
    <NativeSelect
      size="xs"
      aria-label="Seed shown in the panels"
      value={String(summary?.cell.seed ?? "")}
      onChange={(event) => selectSeed(Number(event.target.value))}
      data={group.cells.map(({ cell }) => ({ value: String(cell.seed), label: `seed ${cell.seed}` }))}
    />
  );
});

const Facts = memo(function Facts({ summary }: { summary: CellSummary }): ReactNode {
  const { cell } = summary;
  const facts: [string, ReactNode][] = [
    ["Effective α", summary.alphaEffective.toFixed(3)],
    ["Real images", count(summary.realImages)],
    ["Synthetic draws", count(summary.syntheticDraws)],
    ["Pool", cell.poolSize === 0 ? "none" : count(cell.poolSize)],
    ["Train accuracy", `${percent(summary.trainAccuracy)} %`],
    ["ID accuracy", `${percent(summary.idAccuracy)} %`],
    ...Object.entries(summary.diagnosticAccuracy).map(([set, value]): [string, string] => [
      set === "id_test_shuffled_hues" ? "Shuffled-hue accuracy" : `Accuracy on ${set}`,
      `${percent(value)} %`,
    ]),
    ["Steps", `${count(summary.steps)} (epoch ${summary.reportedEpoch} of ${summary.epochs})`],
    [
      "Backend",
      [backendText(summary.backend), summary.backend.adapter, summary.backend.variant].filter(Boolean).join(", "),
    ],
    ["Took", duration(summary.wallSeconds)],
    ["Seed", cell.seed],
    ...(summary.provenance === null
      ? []
      : [["Generator", `${cell.generator}, ${provenanceText(summary.provenance)}`] as [string, string]]),
  ];
  return (
    <>
      {summary.converged ? (
        <span className={`${css.badge} ${css.good}`}>converged</span>
      ) : (
        <span className={css.badge} title="Below 99 % accuracy on its own training images">
          not converged: {percent(summary.trainAccuracy)} % &lt; 99 % training accuracy
        </span>
      )}
      <dl className={css.facts}>
        {facts.map(([term, value]) => (
          <div key={term} data-wide={term === "Generator"}>
            <dt>{term}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
    </>
  );
});
