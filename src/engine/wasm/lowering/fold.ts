import type { ConvolutionParameter, ForwardStep } from "../../plan/steps.ts";
import { depth, type Panels, panelsBytes } from "./buffers.ts";
import { type Context, methodOf, winogradShape } from "./context.ts";
import { scheduleRunningStatistics } from "./forward.ts";
import type { NormBuffers } from "./parameters.ts";
import type { Places, Temporary } from "./places.ts";
import type { KernelCall } from "./program.ts";
import { Schedule } from "./schedule.ts";
import type { ConvolveStep, ReadyWeights, WeightSource } from "./weights.ts";
import { convolveScratch, transformedBytes, transformWeights } from "./winograd.ts";

/** Parameters → what evaluation computes with: folded and transformed weights, scale and shift of further norms. */
export class Fold {
  readonly schedule = new Schedule();
  private readonly ready = new Map<ConvolutionParameter, ReadyWeights>();

  constructor(
    steps: readonly ForwardStep[],
    private readonly context: Context,
  ) {
    for (const step of steps) if (step.kind === "convolve") this.ready.set(step.convolution, this.fold(step));
    scheduleRunningStatistics(steps, context, this.schedule);
    this.schedule.finishWaiting();
  }

  get weights(): WeightSource {
    return ({ convolution }) => {
      const ready = this.ready.get(convolution);
      if (!ready) throw new Error(`${convolution.layer.name} was not folded.`);
      return ready;
    };
  }

  private fold(step: ConvolveStep): ReadyWeights {
    const { weights } = this.context.buffers.convolution(step.convolution);
    if (!step.epilogue) return this.transform(step, () => weights.address, [], null);
    const norm = this.context.buffers.norm(step.epilogue.norm);
    const panels: Temporary = { bytes: panelsBytes(weights) };
    const bias: Temporary = { bytes: norm.gamma.length * 4 };
    this.schedule.split(
      weights.cout / 8,
      (places) => [foldNorm(weights, norm, places.temporary(panels), places.temporary(bias))],
      [panels, bias],
    );
    return this.transform(step, (places) => places.temporary(panels), [panels], bias);
  }

  /** Transforms the weights where the kernel takes them so, in the phase after. */
  private transform(
    { convolution, y }: ConvolveStep,
    source: (places: Places) => number,
    sources: readonly Temporary[],
    bias: Temporary | null,
  ): ReadyWeights {
    const biases = bias ? [bias] : [];
    if (methodOf(convolution, y.root, this.context) === "direct") {
      return { address: source, bias, temporaries: [...sources, ...biases] };
    }
    const shape = winogradShape(convolution, y.root, this.context);
    const transformed: Temporary = { bytes: transformedBytes(shape.cin, shape.cout) };
    this.context.scratch.reserve(convolveScratch(shape));
    this.schedule.splitLater(
      null,
      shape.cout / 8,
      (places) => [transformWeights(source(places), places.temporary(transformed), shape, false, places.scratch)],
      [...sources, transformed],
    );
    return { address: (places) => places.temporary(transformed), bias, temporaries: [transformed, ...biases] };
  }
}

function foldNorm(weights: Panels, norm: NormBuffers, panels: number, bias: number): KernelCall {
  const { gamma, beta, runningMean, runningVar } = norm;
  return {
    kernel: "foldNorm",
    args: [
      ...([weights.address, panels, bias, "lo", "hi", depth(weights)] as const),
      ...[gamma.address, beta.address, runningMean.address, runningVar.address],
    ],
  };
}
