import type { Dense, Padded } from "./buffers.ts";
import type { LayerBuffers } from "./layers.ts";
import { CHUNKS, type KernelCall } from "./program.ts";

/** What is added before the ReLU: nothing, an activation as it is, or a projection with its own norm. */
export type Residual = Padded | LayerBuffers | null;

/** Per-chunk sums of the convolution output. */
export function normPartial({ y, partial }: LayerBuffers): KernelCall {
  return { kernel: "normPartial", args: [y.address, "lo", "hi", "chunk", y.size ** 2, y.channels / 8, partial] };
}

/** Batch statistics → scale and shift. Needs every chunk's sums: a barrier lies before it. */
export function normFinalise({ y, partial, gamma, beta, vectors }: LayerBuffers): KernelCall {
  return {
    kernel: "normFinalise",
    args: [partial, CHUNKS, y.channels, "n", y.size ** 2, gamma.address, beta.address, vectors],
  };
}

/** Running statistics → scale and shift. */
export function normEvaluate({ y, gamma, beta, runningMean, runningVar, vectors }: LayerBuffers): KernelCall {
  return {
    kernel: "normEvaluate",
    args: [y.channels, gamma.address, beta.address, runningMean.address, runningVar.address, vectors],
  };
}

/** Moves the running statistics toward the batch's; one work item per channel. */
export function normRunning({ y, vectors, runningMean, runningVar }: LayerBuffers): KernelCall {
  return {
    kernel: "normRunning",
    args: [vectors, "lo", "hi", y.channels, "n", y.size ** 2, runningMean.address, runningVar.address],
  };
}

/** out = relu(norm(y) + residual). */
export function normApply({ y, vectors }: LayerBuffers, residual: Residual, out: Padded): KernelCall {
  const [mode, source, sourceVectors] =
    residual === null
      ? [0, 0, 0]
      : "kind" in residual
        ? [1, residual.address, 0]
        : [2, residual.y.address, residual.vectors];
  return {
    kernel: "normApply",
    args: [y.address, vectors, mode, source, sourceVectors, out.address, "lo", "hi", y.size, y.channels / 8],
  };
}

/** Per-chunk sums of the gradient behind the ReLU that made `out`. */
export function normGradientPartial({ y, partial }: LayerBuffers, gradient: Dense, out: Padded): KernelCall {
  return {
    kernel: "normGradientPartial",
    args: [gradient.address, out.address, y.address, "lo", "hi", "chunk", y.size, y.channels / 8, partial],
  };
}

/** dγ, dβ and the coefficients of dy. Needs every chunk's sums: a barrier lies before it. */
export function normGradientFinalise(buffers: LayerBuffers): KernelCall {
  const { y, partial, gamma, vectors, coefficients, gradients } = buffers;
  return {
    kernel: "normGradientFinalise",
    args: [
      ...([partial, CHUNKS, y.channels, "n", y.size ** 2, gamma.address, vectors, coefficients] as const),
      ...([gradients.gamma.address, gradients.beta.address] as const),
    ],
  };
}

/** dy of the convolution output; `masked` receives the gradient behind the ReLU, for an identity shortcut. */
export function normGradientApply(
  { y, coefficients }: LayerBuffers,
  gradient: Dense,
  out: Padded,
  dy: Padded,
  masked: Dense | null,
): KernelCall {
  return {
    kernel: "normGradientApply",
    args: [
      ...([gradient.address, out.address, y.address, coefficients, dy.address, masked?.address ?? 0] as const),
      ...(["lo", "hi", y.size, y.channels / 8] as const),
    ],
  };
}
