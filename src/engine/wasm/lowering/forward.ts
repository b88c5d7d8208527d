import type { ForwardStep, MapView, NormParameter } from "../../plan/steps.ts";
import { type Context, methodOf, winogradShape } from "./context.ts";
import { type Addition, clearBorder, convolve, placeResidual } from "./convolution.ts";
import { normEvaluate, normFinalise, normPartial } from "./norms.ts";
import type { Places } from "./places.ts";
import type { KernelCall } from "./program.ts";
import { Schedule } from "./schedule.ts";
import type { ConvolveStep, WeightSource } from "./weights.ts";
import { wantsAllImages, winogradConvolve } from "./winograd.ts";

type Kind<K extends ForwardStep["kind"]> = Extract<ForwardStep, { kind: K }>;

/** Images → features. */
export class ForwardPass {
  readonly schedule = new Schedule();
  /** Norms whose sums are complete after the next barrier. */
  private readonly unfinished = new Map<NormParameter, MapView>();

  /**
   * @param weights gets the weights of a convolution ready
   * @param handOn true = a barrier after every combination, so that memory can be handed on
   */
  constructor(
    private readonly context: Context,
    private readonly weights: WeightSource,
    private readonly handOn: boolean,
  ) {}

  run(steps: readonly ForwardStep[]): this {
    for (const step of steps) this.step(step);
    return this;
  }

  private step(step: ForwardStep): void {
    const { schedule } = this;
    switch (step.kind) {
      case "convolve":
        this.convolve(step);
        return;
      case "batchStatistics": {
        const norm = this.context.buffers.norm(step.norm);
        schedule.chunks(step, (places) => [normPartial(norm, places.descriptor(step.x))]);
        this.unfinished.set(step.norm, step.x);
        return;
      }
      case "runningStatistics":
        return;
      case "combine":
        this.combine(step);
        return;
      case "pool": {
        const { kernel, stride, padding, op } = step.layer;
        const window = [kernel, stride, padding, op === "maxPool" ? 1 : 0] as const;
        schedule.chunks(step, (places) => {
          return [
            { kernel: "pool", args: [places.descriptor(step.x), places.descriptor(step.y), ...window, "lo", "hi"] },
          ];
        });
        return;
      }
      case "globalAverage":
        schedule.chunks(step, (places) => {
          return [{ kernel: "globalAverage", args: [places.descriptor(step.x), this.context.features, "lo", "hi"] }];
        });
    }
  }

  private convolve(step: ConvolveStep): void {
    const { convolution, x, y, epilogue } = step;
    const ready = this.weights(step, this.schedule);
    const addition = (places: Places): Addition | null => {
      if (!epilogue) return null;
      if (!ready.bias) throw new Error(`${convolution.layer.name} has no bias.`);
      const { residual, relu } = epilogue;
      return { bias: places.temporary(ready.bias), residual: residual && places.map(residual), relu };
    };
    if (methodOf(convolution, y.root, this.context) === "direct") {
      this.schedule.chunks(
        step,
        (places) => {
          const [from, to] = [places.activations(x), places.map(y)];
          return convolve(convolution.layer, from, ready.address(places), to, addition(places), places.tables);
        },
        ready.temporaries,
      );
      return;
    }
    const shape = winogradShape(convolution, y.root, this.context);
    this.schedule[wantsAllImages(shape) ? "images" : "chunks"](
      step,
      (places) => {
        const [from, to] = [places.map(x), places.map(y)];
        const added = addition(places);
        const { addend, calls } = placeResidual(added?.residual ?? null, to, places.tables);
        const call = winogradConvolve(shape, from, ready.address(places), to, addend, added, places.scratch);
        return [...clearBorder(to, places.tables), ...calls, call];
      },
      ready.temporaries,
    );
  }

  private combine(step: Kind<"combine">): void {
    const { terms, relu, out } = step;
    if (terms.some(({ norm }) => norm && this.unfinished.has(norm))) this.finishStatistics();
    this.schedule.chunks(step, (places): KernelCall[] => {
      const summands = terms.flatMap(({ map, norm }) => {
        return [places.descriptor(map), norm ? this.context.buffers.norm(norm).vectors : 0];
      });
      const [a, aNorm, b = 0, bNorm = 0] = summands as [number, number, number?, number?];
      return [{ kernel: "combine", args: [places.descriptor(out), a, aNorm, b, bNorm, relu ? 1 : 0, "lo", "hi"] }];
    });
    if (this.handOn) this.schedule.barrier();
  }

  /** One barrier for all statistics that wait. */
  private finishStatistics(): void {
    this.schedule.barrier();
    for (const [parameter, { root }] of this.unfinished) {
      const norm = this.context.buffers.norm(parameter);
      this.schedule.every(() => [normFinalise(norm, root.height * root.width)]);
    }
    this.unfinished.clear();
  }
}

/** The scale and shift of every norm that uses its running statistics. */
export function scheduleRunningStatistics(steps: readonly ForwardStep[], context: Context, schedule: Schedule): void {
  for (const step of steps) {
    if (step.kind !== "runningStatistics") continue;
    const norm = context.buffers.norm(step.norm);
    schedule.every(() => [normEvaluate(norm)]);
  }
}
