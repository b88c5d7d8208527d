import {
  type AttentionPlan,
  type BlockPlan,
  type NormPlan,
  type ResidualPlan,
  resolutionOf,
  type WeightPlan,
} from "./plan.ts";

/**
 * Multiply–adds × 2 of one image, as the published code computes it: shortcuts after doubling, every output channel.
 * What is computed here takes less (shortcuts before doubling, repeated pixels summed into smaller kernels).
 */
export function planFlops(plan: ResidualPlan): number {
  let side = plan.side;
  let total = multiplyAdds(plan.first);
  for (const stage of plan.stages) {
    if (stage.kind === "block") {
      total += blockCost(stage, side);
      if (stage.doubled !== null) side *= 2;
    } else total += attentionCost(stage, side);
  }
  return 2 * (total + multiplyAdds(plan.last) * side ** 2);
}

function blockCost({ branch, shortcut, doubled }: BlockPlan, side: number): number {
  let pixels = side ** 2;
  let total = 0;
  branch.forEach(({ norm, convolution }, at) => {
    if (at === doubled) pixels *= 4;
    total += normCost(norm) + multiplyAdds(convolution) * pixels;
  });
  return total + (shortcut === null ? 0 : multiplyAdds(shortcut) * pixels);
}

function attentionCost({ theta, phi, g, out }: AttentionPlan, side: number): number {
  const pixels = side ** 2;
  const projections = [theta, phi, g, out].reduce((sum, weight) => sum + multiplyAdds(weight), 0);
  const scores = (pixels / 4) * ((theta.shape[0] ?? 0) + (g.shape[0] ?? 0));
  return pixels * (projections + scores);
}

/** A lookup in a table costs nothing. */
function normCost({ affine }: NormPlan): number {
  if (affine.kind === "learned") return 0;
  return [affine.gain, affine.bias].reduce(
    (sum, weight) => sum + (weight.table === true ? 0 : multiplyAdds(weight)),
    0,
  );
}

function multiplyAdds({ shape }: WeightPlan): number {
  return shape.reduce((product, extent) => product * extent, 1);
}

const ACTIVATION_BYTES = 128 * 2 ** 20;

/** Images at once, so that the four widest maps alive together take at most 128 MiB; at most 64. */
export function planBatch(plan: ResidualPlan): number {
  let side = plan.side;
  let widest = plan.channels * side ** 2;
  for (const stage of plan.stages) {
    if (stage.kind !== "block") continue;
    if (stage.doubled !== null) side *= 2;
    widest = Math.max(widest, Math.max(stage.inputs / (stage.doubled === null ? 1 : 4), stage.outputs) * side ** 2);
  }
  widest = Math.max(widest, 3 * resolutionOf(plan) ** 2);
  return Math.max(1, Math.min(64, Math.floor(ACTIVATION_BYTES / (4 * 4 * widest))));
}
