import type { ConvolutionParameter, ForwardStep } from "../../plan/steps.ts";
import { depth, panelsBytes } from "./buffers.ts";
import type { Context, Folded, FoldedWeights } from "./context.ts";
import { scheduleRunningStatistics } from "./forward.ts";
import { Schedule } from "./schedule.ts";

/** Parameters → what evaluation computes with: folded weights, scale and shift of the norms that are not folded. */
export function scheduleFold(
  steps: readonly ForwardStep[],
  context: Context,
): { schedule: Schedule; folded: FoldedWeights } {
  const schedule = new Schedule();
  const folded = new Map<ConvolutionParameter, Folded>();
  for (const step of steps) {
    if (step.kind !== "convolve" || !step.epilogue) continue;
    const { weights } = context.buffers.convolution(step.convolution);
    const { gamma, beta, runningMean, runningVar } = context.buffers.norm(step.epilogue.norm);
    const target = { weights: { bytes: panelsBytes(weights) }, bias: { bytes: gamma.length * 4 } };
    folded.set(step.convolution, target);
    schedule.split(
      weights.cout / 8,
      (places) => {
        const [panels, bias] = [places.temporary(target.weights), places.temporary(target.bias)];
        return [
          {
            kernel: "foldNorm",
            args: [
              ...([weights.address, panels, bias, "lo", "hi", depth(weights)] as const),
              ...[gamma.address, beta.address, runningMean.address, runningVar.address],
            ],
          },
        ];
      },
      [target.weights, target.bias],
    );
  }
  scheduleRunningStatistics(steps, context, schedule);
  return { schedule, folded };
}
