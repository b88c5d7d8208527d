/** AUROC of a softmax head refitted on frozen features at one α, fractions; null where the detector cannot move. */
export interface WhatIfPoint {
  readonly alpha: number;
  readonly near: number | null;
  readonly far: number | null;
}
