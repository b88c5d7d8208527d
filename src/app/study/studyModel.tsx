import { createContext, type ReactNode, use, useMemo } from "react";
import type { BenchmarkInfo } from "../../data/benchmark.ts";
import type { GeneratorInfo } from "../../generators/generator.ts";
import type { CellSummary } from "../../study/summary.ts";
import { type AlphaGroup, type CellIndex, type Curve, cellOfSeed, indexCells } from "../model/cellIndex.ts";
import { readChoice } from "../model/detectorChoice.ts";
import type { StudyEntry } from "../session/session.ts";
import { useSessionField } from "../state/session.tsx";
import { useView } from "../state/view.ts";

/** The selected study, ready to draw. α is not in here: it changes sixty times a second, this does not. */
export interface StudyModel {
  readonly entry: StudyEntry;
  readonly benchmark: BenchmarkInfo | null;
  readonly generators: readonly GeneratorInfo[];
  readonly index: CellIndex;
  readonly curve: Curve | null;
  /** Key of the detector that every chart shows: "knn", "knn(K=100)". Any of the registry, scored with the study or not. */
  readonly detector: string;
}

const StudyContext = createContext<StudyModel | null>(null);

export function StudyProvider({ entry, children }: { entry: StudyEntry; children: ReactNode }): ReactNode {
  const summaries = useSessionField("summaries");
  const runs = useSessionField("runs");
  const benchmarks = useSessionField("benchmarks");
  const generators = useSessionField("generators");
  const curveKey = useView((view) => view.curveKey);
  const chosen = useView((view) => view.detector);
  const { study } = entry;

  // Progress replaces `runs` four times a second; the index only cares about which cells there are.
  const extraIds = runs
    .filter((run) => run.studyId === entry.id && !run.live)
    .map((run) => run.cell.id)
    .join(" ");
  // biome-ignore lint/correctness/useExhaustiveDependencies: extraIds stands for what matters in `runs`.
  const index = useMemo(() => {
    const extra = runs.filter((run) => run.studyId === entry.id && !run.live).map((run) => run.cell);
    return indexCells(study, extra, summaries);
  }, [study, extraIds, summaries]);

  const detector = chosen !== null && readChoice(chosen) !== null ? chosen : (study.detectors[0] ?? "msp");
  const model = useMemo(
    (): StudyModel => ({
      entry,
      benchmark: benchmarks.find((benchmark) => benchmark.id === study.benchmark) ?? null,
      generators: generators[study.benchmark] ?? [],
      index,
      curve: index.curve(curveKey),
      detector,
    }),
    [entry, benchmarks, generators, study, index, curveKey, detector],
  );
  return <StudyContext value={model}>{children}</StudyContext>;
}

export function useStudyModel(): StudyModel {
  const model = use(StudyContext);
  if (model === null) throw new Error("useStudyModel needs a StudyProvider above it.");
  return model;
}

/** The finished seeds nearest to the slider; the same object while the nearest α stays the same. */
export function useShownGroup(): AlphaGroup | null {
  const { index, curve } = useStudyModel();
  return useView((view) => (curve === null ? null : index.nearest(curve, view.alpha)));
}

/** The cell that every panel shows: the selected seed of the group nearest to the slider. */
export function useShownCell(): CellSummary | null {
  const group = useShownGroup();
  const seed = useView((view) => view.seed);
  return group === null ? null : cellOfSeed(group, seed);
}
