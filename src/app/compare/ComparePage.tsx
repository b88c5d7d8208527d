import { NativeSelect } from "@mantine/core";
import { type ReactNode, useMemo, useState } from "react";
import { RESAMPLES } from "../../metrics/bootstrap.ts";
import { PAIRED_SEEDS } from "../../metrics/paired.ts";
import { indexCells } from "../model/cellIndex.ts";
import { count } from "../model/format.ts";
import { detectorTitle } from "../model/words.ts";
import css from "../plan/page.module.css";
import { SessionNotices } from "../plan/SessionNotices.tsx";
import { StudySelect, useSelectedStudy } from "../plan/StudySelect.tsx";
import type { StudyEntry } from "../session/session.ts";
import { useSessionField } from "../state/session.tsx";
import { useView } from "../state/view.ts";
import { Empty, Loading } from "../ui/Panel.tsx";
import { useBootstraps } from "./bootstraps.ts";
import { ComparisonPanel } from "./ComparisonPanel.tsx";
import { compareCells, detectorKeys } from "./comparison.ts";
import { FidelityPanel } from "./fidelity/FidelityPanel.tsx";
import { MethodPanel } from "./MethodPanel.tsx";
import type { SigmaKind } from "./ValueCell.tsx";

/** Generators and α against the baseline, and detectors against one another, for the selected study. */
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

function Comparison({ entry }: { entry: StudyEntry }): ReactNode {
  const finished = useSessionField("summaries");
  const generators = useSessionField("generators")[entry.study.benchmark];
  const chosen = useView((view) => view.detector);
  const selectDetector = useView((view) => view.selectDetector);
  const [sigma, setSigma] = useState<SigmaKind>("sample");
  const { study } = entry;
  const runs = useSessionField("runs");
  const beyond = runs.filter((run) => run.studyId === entry.id && !run.live && run.status === "done");
  const beyondIds = beyond.map((run) => run.cell.id).join(" ");
  // biome-ignore lint/correctness/useExhaustiveDependencies: beyondIds stands for the finished cells beyond the grid.
  const index = useMemo(
    () =>
      indexCells(
        study,
        beyond.map((run) => run.cell),
        finished,
      ),
    [study, finished, beyondIds],
  );
  const detectors = useMemo(() => detectorKeys(study.detectors, index.finished), [study, index]);
  const detector = chosen !== null && detectors.includes(chosen) ? chosen : (detectors[0] ?? "msp");
  const groups = useMemo(() => compareCells(index, generators ?? [], detector), [index, generators, detector]);
  const bootstraps = useBootstraps(detector);
  return (
    <>
      <div className={css.bar}>
        <StudySelect />
        <NativeSelect
          size="xs"
          label="Detector"
          value={detector}
          onChange={(event) => selectDetector(event.target.value)}
          data={detectors.map((key) => ({ value: key, label: detectorTitle(key) }))}
        />
        <NativeSelect
          size="xs"
          label="σ over seeds"
          value={sigma}
          onChange={(event) => setSigma(event.target.value === "population" ? "population" : "sample")}
          data={[
            { value: "sample", label: "sample σ (n − 1)" },
            { value: "population", label: "population σ (n, OpenOOD)" },
          ]}
        />
        {entry.source === "example" ? <span className={css.label}>Example results, read-only.</span> : null}
      </div>
      <p className={css.lead}>
        Percent, mean ± {sigma} σ over seeds. Δ is the mean paired difference to the baseline α = 1 on the same seeds,
        in points, with its 95 % t-interval; it is given from {PAIRED_SEEDS} common seeds on, and is unresolved where
        the interval includes zero. r is the correlation of the two columns over seeds. Near and far are unweighted
        means over their test sets. Bold: the best of its column, where its paired 95 % interval against every other
        row, baseline included, excludes zero; ≈ marks rows that cannot be told from the best.
      </p>
      <p className={css.lead}>
        The bootstrap draws the seeds and, once for all of them, the ID and OOD test images {count(RESAMPLES)} times
        anew; its 95 % percentile interval holds what other test images would change too, but with a handful of seeds it
        is too narrow: the t-interval decides.
      </p>
      {groups.length === 0 ? (
        <Empty>
          No cell of this study has finished. Start its cells on the page Runs; each row appears with its first seed.
        </Empty>
      ) : (
        groups.map((group) => (
          <ComparisonPanel
            key={group.kind}
            group={group}
            generators={generators ?? []}
            study={study}
            detector={detector}
            sigma={sigma}
            bootstraps={bootstraps}
          />
        ))
      )}
      {groups.length === 0 ? null : (
        <>
          <FidelityPanel study={study} groups={groups} generators={generators ?? []} detector={detector} />
          <MethodPanel study={study} index={index} generators={generators ?? []} sigma={sigma} />
        </>
      )}
    </>
  );
}
