import { createContext, type ReactNode, use, useEffect, useMemo, useState } from "react";
import type { BenchmarkInfo } from "../../../data/benchmark.ts";
import type { ImageScores } from "../../../study/rescore.ts";
import type { DetectorResult } from "../../../study/result.ts";
import type { CellSummary } from "../../../study/summary.ts";
import { idTestName } from "../../model/benchmarkSets.ts";
import { choiceOfKey, isCostly, readChoice, studySizes } from "../../model/detectorChoice.ts";
import { histogramScores, type ThresholdScores, thresholdScores } from "../../model/threshold.ts";
import { useSession, useSessionField } from "../../state/session.tsx";
import { thresholdOf, useThreshold } from "../../state/threshold.ts";
import { useStudyModel } from "../studyModel.tsx";

/** The scores behind the panels of the shown cell and detector. */
export interface ShownScores {
  readonly detector: string;
  /** Name of the ID test set. */
  readonly idSet: string;
  /** At histogram resolution until, or where, the scores of the images are not here; null where there is nothing. */
  readonly scores: ThresholdScores | null;
  /** By set; null until they are here. */
  readonly images: ImageScores | null;
  /** Why the scores of the images are not here, one sentence; null while they are on their way. */
  readonly because: string | null;
  /** Fetches them, where that takes so long that the user is asked; else null. */
  readonly fetch: (() => void) | null;
}

const nothing: ShownScores = { detector: "", idSet: "", scores: null, images: null, because: null, fetch: null };
export const ScoresContext = createContext<ShownScores>(nothing);

export function useShownScores(): ShownScores {
  return use(ScoresContext);
}

/** The threshold of the shown cell and detector; re-renders with every move of its slider. */
export function useShownThreshold(): number | null {
  const { scores, detector } = useShownScores();
  return useThreshold((state) => (scores === null ? null : thresholdOf(state.pick, scores, detector)));
}

interface ShownScoresProviderProps {
  readonly summary: CellSummary;
  readonly detector: string;
  readonly result: DetectorResult | null;
  readonly benchmark: BenchmarkInfo | null;
  readonly children: ReactNode;
}

/** Milliseconds that a cell must stay on screen before the scores of its images are fetched. */
const REST = 200;

export function ShownScoresProvider({
  summary,
  detector,
  result,
  benchmark,
  children,
}: ShownScoresProviderProps): ReactNode {
  const session = useSession();
  const unkept = useSessionField("unkept").has(summary.cell.id);
  const [answer, setAnswer] = useState<{ of: string; images: ImageScores | null; problem: string | null } | null>(null);
  const { cell } = summary;
  const idSet = idTestName(benchmark);
  const of = `${cell.id} ${summary.finished} ${detector}`;
  const [asked, setAsked] = useState("");
  const { entry } = useStudyModel();
  const costly = useMemo(() => {
    const read = readChoice(detector);
    return read !== null && isCostly(read.detector, studySizes(entry.study, benchmark), benchmark);
  }, [detector, entry, benchmark]);
  const waits = costly && asked !== of;
  const scored = result !== null && !unkept && !waits;

  // biome-ignore lint/correctness/useExhaustiveDependencies: `of` stands for the cell and its evaluation.
  useEffect(() => {
    if (!scored) return;
    let current = true;
    const timer = setTimeout(() => {
      session.scores({ kind: "cell", cell }, choiceOfKey(detector)).then(
        (images) => current && setAnswer({ of, images, problem: null }),
        (error: unknown) =>
          current && setAnswer({ of, images: null, problem: error instanceof Error ? error.message : String(error) }),
      );
    }, REST);
    return () => {
      current = false;
      clearTimeout(timer);
    };
  }, [session, of, scored]);

  const known = answer?.of === of ? answer : null;
  const value = useMemo((): ShownScores => {
    const sets = result?.sets.filter((set) => set.test) ?? [];
    const images = known?.images ?? null;
    const exact = images === null ? null : exactScores(images, sets, idSet);
    return {
      detector,
      idSet,
      scores: exact ?? histogramScores(sets),
      images,
      because: unkept ? "The features of this cell are not in this browser." : (known?.problem ?? null),
      fetch: waits && !unkept ? () => setAsked(of) : null,
    };
  }, [detector, idSet, result, known, unkept, waits, of]);
  return <ScoresContext value={value}>{children}</ScoresContext>;
}

/** The threshold's scores from those of the images; null where the ID test set has none. */
export function exactScores(images: ImageScores, sets: DetectorResult["sets"], idSet: string): ThresholdScores | null {
  const id = images.sets[idSet];
  const ood = sets.flatMap(({ set, group }) => {
    const scores = images.sets[set]?.scores;
    return scores === undefined ? [] : [{ name: set, group, scores }];
  });
  return id === undefined ? null : thresholdScores(id.scores, ood);
}
