import type { Loss } from "../../engine/network.ts";

/** How a network is trained: one file per method in this folder, listed in registry.ts. */
export interface TrainingMethod {
  /** As in recipes, manifests and CSV. */
  readonly name: string;
  /** As on screen. */
  readonly title: string;
  readonly loss: Loss;
}
