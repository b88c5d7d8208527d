import { create } from "zustand";
import { tidyAlpha } from "../model/alpha.ts";
import { initialView, type View, viewFromQuery } from "./viewHash.ts";

interface ViewActions {
  setAlpha(alpha: number): void;
  selectStudy(studyId: string): void;
  selectCurve(curveKey: string): void;
  selectDetector(detector: string): void;
  selectOodSet(set: string): void;
  selectSeed(seed: number): void;
}

function fromLocation(): View {
  const at = location.hash.indexOf("?");
  return at < 0 ? initialView : viewFromQuery(location.hash.slice(at + 1));
}

/**
 * What the user looks at. Components select single fields, so that a moving slider re-renders only what shows α
 * itself; panels follow the cell under the slider (useShownCell), which changes far less often.
 */
export const useView = create<View & ViewActions>()((set) => ({
  ...fromLocation(),
  setAlpha: (alpha) => set({ alpha: tidyAlpha(alpha) }),
  selectStudy: (studyId) => set({ studyId, curveKey: null, detector: null, oodSet: null, seed: null }),
  selectCurve: (curveKey) => set({ curveKey }),
  selectDetector: (detector) => set({ detector }),
  selectOodSet: (oodSet) => set({ oodSet }),
  selectSeed: (seed) => set({ seed }),
}));
