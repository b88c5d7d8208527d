import { NativeSelect } from "@mantine/core";
import { memo, type ReactNode } from "react";
import type { BenchmarkInfo } from "../../../data/benchmark.ts";
import type { DetectorResult } from "../../../study/result.ts";
import { idTestName } from "../../model/benchmarkSets.ts";
import { useView } from "../../state/view.ts";
import { Empty, Panel } from "../../ui/Panel.tsx";
import { ScoredStrip } from "./ScoredStrip.tsx";

interface MistakesPanelProps {
  readonly result: DetectorResult | null;
  readonly benchmark: BenchmarkInfo | null;
}

/** The images that the detector gets most wrong, both ways. */
export const MistakesPanel = memo(function MistakesPanel({ result, benchmark }: MistakesPanelProps): ReactNode {
  const chosen = useView((view) => view.oodSet);
  const selectOodSet = useView((view) => view.selectOodSet);
  const sets = result?.sets.filter((set) => set.test) ?? [];
  const set = sets.find((candidate) => candidate.set === chosen) ?? sets[0];
  const picker = (
    <NativeSelect
      size="xs"
      aria-label="OOD set of the mistakes"
      value={set?.set ?? ""}
      onChange={(event) => selectOodSet(event.target.value)}
      data={sets.map((candidate) => candidate.set)}
    />
  );
  return (
    <Panel
      title="Worst mistakes"
      actions={sets.length > 1 ? picker : undefined}
      summary="OOD images with the highest confidence, and ID test images with the lowest; under each its confidence, what the classifier called it, and in brackets its true class."
    >
      {set === undefined || benchmark === null || result === null ? (
        <Empty>Nothing to show yet.</Empty>
      ) : (
        <>
          <ScoredStrip
            title={`${set.set}, taken for ID`}
            benchmark={benchmark}
            set={set.set}
            source="ood"
            items={set.worst}
          />
          <ScoredStrip
            title="ID test, taken for OOD"
            benchmark={benchmark}
            set={idTestName(benchmark)}
            source="real"
            items={result.worstId}
          />
        </>
      )}
    </Panel>
  );
});
