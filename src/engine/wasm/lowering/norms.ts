import type { FlatArena, NormBuffers } from "./parameters.ts";
import { CHUNKS, type KernelCall } from "./program.ts";

/** Rows × columns that a norm averages over in each image. */
type Area = number;

/** Per-chunk sums of the norm's input. */
export function normPartial({ partial }: NormBuffers, x: number): KernelCall {
  return { kernel: "normPartial", args: [x, "lo", "hi", "chunk", partial] };
}

/** Batch statistics → scale and shift. Needs every chunk's sums: a barrier lies before it. */
export function normFinalise({ partial, gamma, beta, vectors }: NormBuffers, area: Area): KernelCall {
  return {
    kernel: "normFinalise",
    args: [partial, CHUNKS, gamma.length, "n", area, gamma.address, beta.address, vectors],
  };
}

/** Running statistics → scale and shift. */
export function normEvaluate({ gamma, beta, runningMean, runningVar, vectors }: NormBuffers): KernelCall {
  return {
    kernel: "normEvaluate",
    args: [gamma.length, gamma.address, beta.address, runningMean.address, runningVar.address, vectors],
  };
}

/** Moves the running statistics toward the batch's; one work item per channel. */
export function normRunning({ vectors, runningMean, runningVar }: NormBuffers, area: Area): KernelCall {
  return {
    kernel: "normRunning",
    args: [vectors, "lo", "hi", runningMean.length, "n", area, runningMean.address, runningVar.address],
  };
}

/** Per-chunk sums of the gradient behind the ReLU that made `out` (0 = none), and of its products with the input. */
export function normGradientPartial({ partial }: NormBuffers, dOut: number, out: number, x: number): KernelCall {
  return { kernel: "combineGradientPartial", args: [dOut, out, x, "lo", "hi", "chunk", partial] };
}

/** dγ, dβ and the coefficients of dx. Needs every chunk's sums: a barrier lies before it. */
export function normGradientFinalise(norm: NormBuffers, area: Area): KernelCall {
  const { partial, gamma, vectors, coefficients, dGamma, dBeta } = norm;
  return {
    kernel: "normGradientFinalise",
    args: [
      ...([partial, CHUNKS, gamma.length, "n", area, gamma.address, vectors, coefficients] as const),
      ...([dGamma.address, dBeta.address] as const),
    ],
  };
}

/** One step of all parameters; work items are groups of four. @param hyper address of lr, momentum, weight decay */
export function descend(values: FlatArena, momenta: FlatArena, gradients: FlatArena, hyper: number): KernelCall {
  return { kernel: "sgd", args: [values.address, momenta.address, gradients.address, "lo", "hi", hyper] };
}
