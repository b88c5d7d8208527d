import { NativeSelect } from "@mantine/core";
import { type ReactNode, useMemo } from "react";
import { PAIRED_SEEDS } from "../../metrics/paired.ts";
import { indexCells } from "../model/cellIndex.ts";
import { detectorTitle } from "../model/words.ts";
import css from "../plan/page.module.css";
import { SessionNotices } from "../plan/SessionNotices.tsx";
import { StudySelect, useSelectedStudy } from "../plan/StudySelect.tsx";
import type { StudyEntry } from "../session/session.ts";
import { useSessionField } from "../state/session.tsx";
import { useView } from "../state/view.ts";
import { Empty, Loading, Panel } from "../ui/Panel.tsx";
import { ComparisonTable } from "./ComparisonTable.tsx";
import { type ComparisonKind, compareCells } from "./comparison.ts";

/** Generators and α against the baseline, for the selected study. */
export function ComparePage(): ReactNode {
  const phase = useSessionField("phase");
  const entry = useSelectedStudy();
  return (
    <div className={css.page}>
      <h1>Compare</h1>
      <SessionNotices />
      {entry !== null ? (
        <Comparison entry={entry} />
      ) : phase === "starting" ? (
        <Loading what="Opening studies…" />
      ) : (
        <Empty>There is no study to compare. Plan one on the page Runs.</Empty>
      )}
    </div>
  );
}

const titles: Readonly<Record<ComparisonKind, string>> = {
  baseline: "Baseline: real images only",
  learned: "Learned generators",
  controlled: "Simulated (controlled) generators",
  unlisted: "Generators that this version does not list",
};

const summaries: Readonly<Record<ComparisonKind, string>> = {
  baseline: "α = 1. Every other row is compared with these runs, seed by seed.",
  learned: "Fitted to images. Only those trained on the same real set are evidence for SIO.",
  controlled:
    "Their quality is a knob of a simulation that knows the renderer: they explain, they are no evidence for SIO.",
  unlisted: "What they have seen is only what their cells recorded.",
};

function Comparison({ entry }: { entry: StudyEntry }): ReactNode {
  const finished = useSessionField("summaries");
  const generators = useSessionField("generators")[entry.study.benchmark];
  const chosen = useView((view) => view.detector);
  const selectDetector = useView((view) => view.selectDetector);
  const { study } = entry;
  const detector = chosen !== null && study.detectors.includes(chosen) ? chosen : (study.detectors[0] ?? "msp");
  const runs = useSessionField("runs");
  const beyond = runs.filter((run) => run.studyId === entry.id && !run.live && run.status === "done");
  const beyondIds = beyond.map((run) => run.cell.id).join(" ");
  // biome-ignore lint/correctness/useExhaustiveDependencies: beyondIds stands for the finished cells beyond the grid.
  const groups = useMemo(() => {
    const extra = beyond.map((run) => run.cell);
    return compareCells(indexCells(study, extra, finished), generators ?? [], detector);
  }, [study, finished, generators, detector, beyondIds]);
  return (
    <>
      <div className={css.bar}>
        <StudySelect />
        <NativeSelect
          size="xs"
          label="Detector"
          value={detector}
          onChange={(event) => selectDetector(event.target.value)}
          data={study.detectors.map((name) => ({ value: name, label: detectorTitle(name) }))}
        />
        {entry.source === "example" ? <span className={css.label}>Example results, read-only.</span> : null}
      </div>
      <p className={css.lead}>
        Percent, mean ± sample σ (n − 1) over seeds. Δ is the mean paired difference to the baseline α = 1 on the same
        seeds, in points, ± the sample σ of the differences; it is given from {PAIRED_SEEDS} common seeds on. Minus is
        worse. Near and far are unweighted means over their test sets.
      </p>
      {groups.length === 0 ? (
        <Empty>
          No cell of this study has finished. Start its cells on the page Runs; each row appears with its first seed.
        </Empty>
      ) : (
        groups.map(({ kind, rows }) => (
          <Panel key={kind} title={titles[kind]} summary={summaries[kind]}>
            <ComparisonTable label={titles[kind]} rows={rows} generators={generators ?? []} study={study} />
          </Panel>
        ))
      )}
    </>
  );
}
