import type { BackwardStep, NormParameter, TermGradient } from "../../plan/steps.ts";
import { strides } from "./buffers.ts";
import { type Context, methodOf, winogradShape } from "./context.ts";
import { clearBorder } from "./convolution.ts";
import { inputGradient, transposedBytes, transposeItems, transposeWeights } from "./inputGradient.ts";
import { descend, normGradientFinalise, normGradientPartial, normRunning } from "./norms.ts";
import type { NormBuffers } from "./parameters.ts";
import type { Places } from "./places.ts";
import { Schedule } from "./schedule.ts";
import { weightGradient, weightGradientItems } from "./weightGradient.ts";
import { convolveScratch, transformedBytes, transformWeights, wantsAllImages, winogradConvolve } from "./winograd.ts";
import {
  gradientItems,
  gradientOfChunks,
  gradientOfWeights,
  gradientScratch,
  sharedBytes,
} from "./winogradGradient.ts";

type Kind<K extends BackwardStep["kind"]> = Extract<BackwardStep, { kind: K }>;

/** d features → gradients. */
export class BackwardPass {
  readonly schedule = new Schedule();

  /** @param handOn true = a barrier after every combination, so that memory can be handed on */
  constructor(
    private readonly context: Context,
    private readonly handOn: boolean,
  ) {}

  run(steps: readonly BackwardStep[]): this {
    for (const step of steps) this.step(step);
    return this;
  }

  /** One SGD step and the running statistics, when every gradient is there. */
  update(areas: ReadonlyMap<NormParameter, number>): this {
    const { schedule, context } = this;
    const { values, momenta, gradients } = context.buffers;
    schedule.finishWaiting();
    schedule.barrier();
    schedule.split(values.bytes / 16, () => [descend(values, momenta, gradients, context.hyper)]);
    for (const [parameter, area] of areas) {
      const norm = context.buffers.norm(parameter);
      schedule.split(parameter.channels, () => [normRunning(norm, area)]);
    }
    return this;
  }

  private step(step: BackwardStep): void {
    const { schedule, context } = this;
    switch (step.kind) {
      case "globalAverageGradient":
        schedule.chunks(step, (places) => {
          return [
            { kernel: "globalAverageGradient", args: [context.dFeatures, places.descriptor(step.dx), "lo", "hi"] },
          ];
        });
        return;
      case "combineGradient":
        this.combineGradient(step);
        return;
      case "weightGradient":
        this.weightGradient(step);
        return;
      case "inputGradient":
        this.inputGradient(step);
        return;
      case "poolGradient":
        this.poolGradient(step);
        return;
    }
  }

  private combineGradient(step: Kind<"combineGradient">): void {
    const { schedule } = this;
    const { terms, relu, out, dOut, batch } = step;
    const mask = (places: Places) => (relu ? places.descriptor(out) : 0);
    const normed = batch ? terms.flatMap(({ map, norm }) => (norm ? [{ map, norm: this.norm(norm) }] : [])) : [];
    for (const { map, norm } of normed) {
      schedule.chunks(step, (places) => {
        return [normGradientPartial(norm, places.descriptor(dOut), mask(places), places.descriptor(map))];
      });
    }
    if (normed.length > 0) schedule.barrier();
    for (const { map, norm } of normed) {
      schedule.every(() => [normGradientFinalise(norm, map.root.height * map.root.width)]);
    }
    const term = (places: Places, { map, norm, gradient, accumulate }: TermGradient): number[] => {
      const source = norm && batch ? places.descriptor(map) : 0;
      const coefficients = norm ? (batch ? this.norm(norm).coefficients : this.norm(norm).vectors) : 0;
      return [source, coefficients, places.descriptor(gradient), accumulate ? 1 : 0];
    };
    schedule.chunks(step, (places) => {
      // A norm first: the kernel writes the gradient of a plain second summand in passing.
      const sorted = [...terms].sort((s, t) => Number(t.norm !== null) - Number(s.norm !== null));
      const [a = [], b = [0, 0, 0, 0]] = sorted.map((each) => term(places, each));
      return [{ kernel: "combineGradient", args: [places.descriptor(dOut), mask(places), ...a, ...b, "lo", "hi"] }];
    });
    if (this.handOn) schedule.barrier();
  }

  /** It needs dy of every image, so it waits for the next barrier, which is there anyway. */
  private weightGradient(step: Kind<"weightGradient">): void {
    const { schedule, context } = this;
    const { convolution, x, dy } = step;
    const { gradient } = context.buffers.convolution(convolution);
    if (methodOf(convolution, dy.root, context) === "direct") {
      schedule.splitLater(step, weightGradientItems(gradient), (places) => {
        return [weightGradient(convolution.layer, places.activations(x), places.map(dy), gradient, places.tables)];
      });
      return;
    }
    const shape = winogradShape(convolution, dy.root, context);
    const shared = { bytes: sharedBytes(shape, gradient) };
    context.scratch.reserve(gradientScratch(shape, gradient));
    schedule.chunks(
      step,
      (places) => {
        const [from, to] = [places.map(x), places.map(dy)];
        return [gradientOfChunks(shape, from, to, gradient, places.temporary(shared), places.scratch)];
      },
      [shared],
    );
    schedule.splitLater(
      null,
      gradientItems(shape, gradient),
      (places) => [gradientOfWeights(shape, gradient, places.temporary(shared), places.scratch)],
      [shared],
    );
  }

  private inputGradient(step: Kind<"inputGradient">): void {
    if (methodOf(step.convolution, step.dy.root, this.context) === "winograd") this.winogradInputGradient(step);
    else this.directInputGradient(step);
  }

  private winogradInputGradient(step: Kind<"inputGradient">): void {
    const { convolution, dy, dx, accumulate } = step;
    const { cin, cout, ...sides } = winogradShape(convolution, dy.root, this.context);
    const mirrored = { cin: cout, cout: cin, ...sides };
    const weights = this.context.buffers.convolution(convolution).weights.address;
    const transformed = { bytes: transformedBytes(cin, cout) };
    this.context.scratch.reserve(convolveScratch(mirrored));
    this.schedule.splitBefore(
      cin / 8,
      (places) => [transformWeights(weights, places.temporary(transformed), mirrored, true, places.scratch)],
      [transformed],
    );
    this.schedule[wantsAllImages(mirrored) ? "images" : "chunks"](
      step,
      (places) => {
        const [from, to] = [places.map(dy), places.map(dx)];
        const addend = accumulate ? strides(to).origin : 0;
        const panels = places.temporary(transformed);
        const call = winogradConvolve(mirrored, from, panels, to, addend, null, places.scratch);
        return accumulate ? [call] : [...clearBorder(to, places.tables), call];
      },
      [transformed],
    );
  }

  private directInputGradient(step: Kind<"inputGradient">): void {
    const { convolution, dy, dx, accumulate } = step;
    const { layer } = convolution;
    const { weights } = this.context.buffers.convolution(convolution);
    const transposed = { bytes: transposedBytes(weights) };
    this.schedule.splitBefore(
      transposeItems(weights),
      (places) => transposeWeights(layer, dx.root, weights, places.temporary(transposed), places.tables),
      [transposed],
    );
    this.schedule.chunks(
      step,
      (places) => {
        const panels = places.temporary(transposed);
        return inputGradient(layer, places.map(dy), panels, places.map(dx), accumulate, places.tables);
      },
      [transposed],
    );
  }

  private poolGradient(step: Kind<"poolGradient">): void {
    const { layer, x, y, dy, dx, accumulate } = step;
    const { kernel, stride, padding, op } = layer;
    const maximum = op === "maxPool";
    this.schedule.chunks(step, (places) => {
      const maps = maximum ? [places.descriptor(x), places.descriptor(y)] : [0, 0];
      const gradients = [places.descriptor(dy), places.descriptor(dx)];
      const how = [kernel, stride, padding, maximum ? 1 : 0, accumulate ? 1 : 0];
      return [{ kernel: "poolGradient", args: [...maps, ...gradients, ...how, "lo", "hi"] }];
    });
  }

  private norm(parameter: NormParameter): NormBuffers {
    return this.context.buffers.norm(parameter);
  }
}
