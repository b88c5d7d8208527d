import type { MapId } from "../../../networks/trunk.ts";
import type { ConvolutionParameter, Root } from "../../plan/steps.ts";
import { chooseConvolution, type Method } from "./chooseConvolution.ts";
import type { ParameterBuffers } from "./parameters.ts";
import type { ThreadScratch } from "./threadScratch.ts";
import type { WinogradShape } from "./winograd.ts";

/** What every pass of a network shares. */
export interface Context {
  readonly buffers: ParameterBuffers;
  readonly images: MapId;
  readonly maxBatch: number;
  /** Address of [n][physical feature channels]. */
  readonly features: number;
  /** Address of their gradient. */
  readonly dFeatures: number;
  /** Address of lr, momentum and weight decay. */
  readonly hyper: number;
  readonly scratch: ThreadScratch;
}

/** @param output root of the convolution's output */
export function methodOf(convolution: ConvolutionParameter, output: Root, { images }: Context): Method {
  return chooseConvolution(convolution, output, convolution.layer.input === images);
}

/** @param output root of the convolution's output, which has the sides of its input */
export function winogradShape(
  { inputs, outputs }: ConvolutionParameter,
  { height, width }: Root,
  { maxBatch }: Context,
): WinogradShape {
  return { cin: inputs, cout: outputs, height, width, maxBatch };
}
