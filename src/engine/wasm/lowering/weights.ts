import type { ForwardStep } from "../../plan/steps.ts";
import { type Context, methodOf, winogradShape } from "./context.ts";
import type { Places, Temporary } from "./places.ts";
import type { Schedule } from "./schedule.ts";
import { convolveScratch, transformedBytes, transformWeights } from "./winograd.ts";

export type ConvolveStep = Extract<ForwardStep, { kind: "convolve" }>;

/** A convolution's weights as its kernel takes them: panels or their Winograd transform. */
export interface ReadyWeights {
  readonly address: (places: Places) => number;
  /** Where the bias of the folded norm is; null without an epilogue. */
  readonly bias: Temporary | null;
  readonly temporaries: readonly Temporary[];
}

/** Gets a step's weights ready. */
export type WeightSource = (step: ConvolveStep, schedule: Schedule) => ReadyWeights;

/** The trained weights as they are; what a kernel wants transformed is transformed in the phase before. */
export function trainedWeights(context: Context): WeightSource {
  return ({ convolution, y }, schedule) => {
    const { weights } = context.buffers.convolution(convolution);
    if (methodOf(convolution, y.root, context) === "direct") {
      return { address: () => weights.address, bias: null, temporaries: [] };
    }
    const shape = winogradShape(convolution, y.root, context);
    const transformed = { bytes: transformedBytes(shape.cin, shape.cout) };
    context.scratch.reserve(convolveScratch(shape));
    schedule.splitBefore(
      shape.cout / 8,
      (places) => [transformWeights(weights.address, places.temporary(transformed), shape, false, places.scratch)],
      [transformed],
    );
    return { address: (places) => places.temporary(transformed), bias: null, temporaries: [transformed] };
  };
}
