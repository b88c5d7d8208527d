import { NativeSelect } from "@mantine/core";
import { memo, type ReactNode } from "react";
import type { BenchmarkInfo } from "../../data/benchmark.ts";
import type { DetectorResult, Mistake } from "../../study/result.ts";
import type { CellSummary } from "../../study/summary.ts";
import { useImages } from "../state/images.ts";
import { useView } from "../state/view.ts";
import { Empty, Loading, Notice, Panel } from "../ui/Panel.tsx";
import { Thumbnail } from "../ui/Thumbnail.tsx";
import css from "./charts.module.css";

interface MistakesPanelProps {
  readonly summary: CellSummary;
  readonly result: DetectorResult | null;
  readonly benchmark: BenchmarkInfo | null;
}

/** The images that the detector gets most wrong, both ways. */
export const MistakesPanel = memo(function MistakesPanel({ summary, result, benchmark }: MistakesPanelProps) {
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
      summary="OOD images with the highest confidence, and ID test images with the lowest; what the classifier called them."
    >
      {set === undefined || benchmark === null ? (
        <Empty>Nothing to show yet.</Empty>
      ) : (
        <>
          <Strip
            title={`${set.set}, taken for ID`}
            set={set.set}
            mistakes={set.worst}
            source="ood"
            summary={summary}
            benchmark={benchmark}
          />
          <Strip
            title="ID test, taken for OOD"
            set="id_test"
            mistakes={result?.worstId ?? []}
            source="real"
            summary={summary}
            benchmark={benchmark}
          />
        </>
      )}
    </Panel>
  );
});

interface StripProps {
  readonly title: string;
  readonly set: string;
  readonly mistakes: readonly Mistake[];
  readonly source: "ood" | "real";
  readonly summary: CellSummary;
  readonly benchmark: BenchmarkInfo;
}

function Strip({ title, set, mistakes, source, summary, benchmark }: StripProps): ReactNode {
  const indices = mistakes.map((mistake) => mistake.index);
  const id = summary.cell.benchmark;
  const images = useImages(`${id}/${set}/${indices.join()}`, (session) => session.images(id, set, indices));
  return (
    <div>
      <span>{title}</span>
      <div className={css.strip}>
        {images.kind === "failed" ? <Notice kind="warn">{images.message}</Notice> : null}
        {images.kind === "loading" ? <Loading what="Fetching images…" /> : null}
        {images.kind === "ready"
          ? mistakes.map((mistake, at) => (
              <figure key={mistake.index} className={css.mistake}>
                <Thumbnail
                  set={images.set}
                  at={at}
                  source={source}
                  label={`image ${mistake.index} of ${set}, called ${benchmark.classNames[mistake.predicted] ?? mistake.predicted}, score ${mistake.score.toPrecision(3)}`}
                />
                <figcaption aria-hidden="true">
                  {benchmark.classNames[mistake.predicted] ?? mistake.predicted}
                </figcaption>
              </figure>
            ))
          : null}
      </div>
    </div>
  );
}
