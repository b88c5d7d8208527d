import { batchSplit, naturalAlpha } from "../../study/recipe.ts";
import type { Study } from "../../study/study.ts";

export const ALPHA_STEP = 0.05;

/** A marked place of the slider. */
export interface AlphaTick {
  readonly alpha: number;
  readonly label: string;
  readonly detail: string;
}

/** α to the nearest hundredth inside [0, 1]: 0.15000000000000002 becomes 0.15. */
export function tidyAlpha(value: number): number {
  if (!Number.isFinite(value)) return 1;
  return Math.round(Math.min(1, Math.max(0, value)) * 100) / 100;
}

/** "102 real + 26 synthetic per batch, effective 0.797". */
export function batchText(batch: number, alpha: number): string {
  const { real, synthetic, effective } = batchSplit(batch, alpha);
  return `${real} real + ${synthetic} synthetic per batch, effective ${effective.toFixed(3)}`;
}

/** What a screen reader hears for a slider position. */
export function alphaValueText(batch: number, alpha: number): string {
  return `α ${alpha.toFixed(2)}: ${batchText(batch, alpha)}`;
}

/** Real images that a study trains on; null while its benchmark is unknown. */
export function realImagesOf(study: Study, trainCount: number | null): number | null {
  if (trainCount === null) return study.recipe.realCount;
  return study.recipe.realCount === null ? trainCount : Math.min(study.recipe.realCount, trainCount);
}

/** Natural mix of this study (one per pool size), the paper's 0.8, and 1 = real only; left to right. */
export function alphaTicks(realImages: number | null, pools: readonly number[]): AlphaTick[] {
  const natural =
    realImages === null
      ? []
      : pools.map((pool): AlphaTick => {
          const alpha = naturalAlpha(realImages, pool);
          return {
            alpha,
            label: "natural mix",
            detail: `${count(realImages)} real / (${count(realImages)} real + ${count(pool)} pool) = ${alpha.toFixed(3)}`,
          };
        });
  const fixed: AlphaTick[] = [
    { alpha: 0.8, label: "paper", detail: "the SIO paper's default for CIFAR, 0.8" },
    { alpha: 1, label: "real only", detail: "the baseline: no synthetic image" },
  ];
  return [...natural, ...fixed].sort((a, b) => a.alpha - b.alpha);
}

function count(value: number): string {
  return value.toLocaleString("en-US");
}
