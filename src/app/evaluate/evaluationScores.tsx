import { type ReactNode, useEffect, useMemo, useState } from "react";
import type { DetectorChoice } from "../../detection/params.ts";
import type { ImageScores, ImportedEvaluation } from "../../study/rescore.ts";
import type { DetectorResult } from "../../study/result.ts";
import { choiceOfKey } from "../model/detectorChoice.ts";
import { histogramScores } from "../model/threshold.ts";
import { useSession } from "../state/session.tsx";
import { exactScores, ScoresContext, type ShownScores } from "../study/scores/shownScores.tsx";

/** Key of a result: a detector with its hyper-parameters, or an imported method. */
export function keyOf({ variant, detector }: DetectorResult): string {
  return variant ?? detector;
}

/** The choice that a key of an evaluation means; methods of imported scores have names of their own. */
export function choiceIn({ kind }: Pick<ImportedEvaluation, "kind">, key: string): DetectorChoice {
  return kind === "scores" ? { name: key } : choiceOfKey(key);
}

interface EvaluationScoresProps {
  readonly evaluation: ImportedEvaluation;
  readonly result: DetectorResult;
  readonly children: ReactNode;
}

/** Hands the confidences of the shown detector to the panels of the study page: exact as soon as they are here. */
export function EvaluationScores({ evaluation, result, children }: EvaluationScoresProps): ReactNode {
  const session = useSession();
  const [answer, setAnswer] = useState<{ of: string; images: ImageScores | null; problem: string | null } | null>(null);
  const { id } = evaluation;
  const detector = keyOf(result);
  const idSet = evaluation.sets.find(({ group, role }) => group === "id" && role === "test")?.name ?? "";

  // biome-ignore lint/correctness/useExhaustiveDependencies: an import never changes under its id.
  useEffect(() => {
    let current = true;
    session.scores({ kind: "import", id }, choiceIn(evaluation, detector)).then(
      (images) => current && setAnswer({ of: detector, images, problem: null }),
      (error: unknown) =>
        current &&
        setAnswer({ of: detector, images: null, problem: error instanceof Error ? error.message : String(error) }),
    );
    return () => {
      current = false;
    };
  }, [session, id, detector]);

  const value = useMemo((): ShownScores => {
    const known = answer?.of === detector ? answer : null;
    const images = known?.images ?? null;
    const sets = result.sets.filter(({ test }) => test);
    const exact = images === null ? null : exactScores(images, sets, idSet);
    return {
      detector,
      idSet,
      scores: exact ?? histogramScores(sets),
      images,
      because: known?.problem ?? null,
      fetch: null,
    };
  }, [detector, idSet, result, answer]);
  return <ScoresContext value={value}>{children}</ScoresContext>;
}
