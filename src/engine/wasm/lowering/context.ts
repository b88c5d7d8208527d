import type { ConvolutionParameter } from "../../plan/steps.ts";
import type { ParameterBuffers } from "./parameters.ts";
import type { Temporary } from "./schedule.ts";

/** What every pass of a network shares. */
export interface Context {
  readonly buffers: ParameterBuffers;
  /** Address of [n][physical feature channels]. */
  readonly features: number;
  /** Address of their gradient. */
  readonly dFeatures: number;
  /** Address of lr, momentum and weight decay. */
  readonly hyper: number;
}

/** A convolution's weights and bias with a batch norm folded in. */
export interface Folded {
  readonly weights: Temporary;
  readonly bias: Temporary;
}

export type FoldedWeights = ReadonlyMap<ConvolutionParameter, Folded>;
