import { create } from "zustand";
import type { ThresholdScores } from "../model/threshold.ts";

/** How the threshold is set: by a rule that every cell and detector has, or at a confidence of one detector. */
export type ThresholdPick =
  | { readonly kind: "id95" }
  | { readonly kind: "ood95" }
  | { readonly kind: "value"; readonly value: number; readonly detector: string };

interface ThresholdState {
  readonly pick: ThresholdPick;
  set(pick: ThresholdPick): void;
}

/** The threshold under the slider. Only what draws it listens, so that a drag re-renders a few lines and one table. */
export const useThreshold = create<ThresholdState>()((set) => ({
  pick: { kind: "id95" },
  set: (pick) => set({ pick }),
}));

/** The threshold of these scores. A value that was set for another detector's confidences means nothing here. */
export function thresholdOf(pick: ThresholdPick, scores: ThresholdScores, detector: string): number {
  if (pick.kind === "ood95") return scores.ood95;
  return pick.kind === "value" && pick.detector === detector ? pick.value : scores.id95;
}
