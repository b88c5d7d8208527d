import { useCallback, useEffect, useState } from "react";
import { detectorOf } from "../../model/curve.ts";
import { choiceOfKey, readChoice } from "../../model/detectorChoice.ts";
import type { RescoreOutcome } from "../../session/session.ts";
import { useSession, useSessionField } from "../../state/session.tsx";
import { useShownCell, useStudyModel } from "../studyModel.tsx";

export type Rescoring =
  | { readonly kind: "idle" }
  /** Waits for the user's word: the detector looks at every image through the network. */
  | { readonly kind: "asks"; readonly cells: number; readonly start: () => void }
  | { readonly kind: "running"; readonly done: number; readonly total: number; readonly cancel: () => void }
  | { readonly kind: "done"; readonly outcome: RescoreOutcome }
  | { readonly kind: "cancelled"; readonly start: () => void }
  | { readonly kind: "failed"; readonly message: string; readonly start: () => void };

const idle: Rescoring = { kind: "idle" };

/**
 * Scores the study's finished cells with the shown detector where they have not been, beginning with the cell on screen.
 * The newest choice wins: an older request ends after the cell that it is at.
 */
export function useRescore(): Rescoring {
  const session = useSession();
  const { entry, index, detector } = useStudyModel();
  const unkept = useSessionField("unkept");
  const shown = useShownCell()?.cell.id;
  const [state, setState] = useState<{ of: string; rescoring: Rescoring }>({ of: "", rescoring: idle });
  const [asked, setAsked] = useState({ of: "", times: 0 });

  const missing = index.finished.filter(
    (summary) => detectorOf(summary, detector) === null && !unkept.has(summary.cell.id),
  );
  const finished = index.finished.map((summary) => summary.cell.id).join(" ");
  const of = `${entry.id} ${detector}`;
  const start = useCallback(() => setAsked(({ times }) => ({ of, times: times + 1 })), [of]);
  const allowed = asked.of === of || readChoice(detector)?.detector.perturb === undefined;
  const wanted = missing.length > 0 && allowed;

  // biome-ignore lint/correctness/useExhaustiveDependencies: each result changes `missing`; only another choice or another finished cell may start anew.
  useEffect(() => {
    if (!wanted) return;
    const stop = new AbortController();
    const show = (rescoring: Rescoring): void => setState({ of, rescoring });
    const cancel = (): void => {
      stop.abort();
      show({ kind: "cancelled", start });
    };
    const onProgress = (done: number, total: number): void => {
      if (!stop.signal.aborted) show({ kind: "running", done, total, cancel });
    };
    session.rescore(entry.id, choiceOfKey(detector), { signal: stop.signal, first: shown, onProgress }).then(
      (outcome) => {
        if (!stop.signal.aborted) show({ kind: "done", outcome });
      },
      (error: unknown) => {
        if (stop.signal.aborted) return;
        show({ kind: "failed", message: error instanceof Error ? error.message : String(error), start });
      },
    );
    return () => stop.abort();
  }, [session, of, finished, asked]);

  if (missing.length > 0 && !allowed) return { kind: "asks", cells: missing.length, start };
  return state.of === of ? state.rescoring : idle;
}
