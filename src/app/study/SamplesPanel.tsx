import { memo, type ReactNode } from "react";
import type { BenchmarkInfo } from "../../data/benchmark.ts";
import type { Cell } from "../../study/cell.ts";
import { ClassGallery } from "../ui/ClassGallery.tsx";
import { Empty, Panel } from "../ui/Panel.tsx";

interface SamplesPanelProps {
  readonly cell: Cell;
  readonly benchmark: BenchmarkInfo | null;
}

/** What the shown cell was trained on: real images beside its generator's, class by class. */
export const SamplesPanel = memo(function SamplesPanel({ cell, benchmark }: SamplesPanelProps): ReactNode {
  return (
    <Panel
      title="Training images"
      summary={
        cell.generator === null
          ? "Real images only (blue): this is the baseline."
          : `Real (blue) and synthetic images of ${cell.generator} (orange), by class.`
      }
    >
      {benchmark === null ? (
        <Empty>The benchmark "{cell.benchmark}" is not here.</Empty>
      ) : (
        <ClassGallery benchmark={benchmark} generator={cell.generator} seed={cell.poolSeed} perClass={4} />
      )}
    </Panel>
  );
});
