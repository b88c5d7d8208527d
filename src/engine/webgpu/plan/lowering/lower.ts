import type { Pass } from "../../../plan/compile.ts";
import type { BackwardStep, ForwardStep, MapView } from "../../../plan/steps.ts";
import type { KernelLimits } from "../../kernels/kernel.ts";
import { globalAverage, globalAverageGradient } from "../../kernels/pool/globalAverage.ts";
import { pool, poolGradient } from "../../kernels/pool/pool.ts";
import { augment } from "../../kernels/step/augment.ts";
import { sgd } from "../../kernels/step/sgd.ts";
import { lowerConvolve, lowerInputGradient, lowerWeightGradient } from "./lowerConvolution.ts";
import {
  lowerBatchStatistics,
  lowerCombine,
  lowerCombineGradient,
  lowerFold,
  lowerRunningStatistics,
} from "./lowerNorm.ts";
import { type NetworkSlots, networkSlots } from "./networkSlots.ts";
import type { ParameterLayout } from "./parameterLayout.ts";
import { type LoweringContext, PassLowering, viewOf } from "./passLowering.ts";
import { type Call, place, type Slot } from "./slots.ts";

/** Channels that every WGSL kernel takes at a time: what trunks are compiled for. */
export const ALIGNMENT = 4;

/** A network as calls of kernels on memory that has no addresses yet. */
export interface Lowered {
  readonly slots: NetworkSlots;
  readonly passes: {
    /** Raw images → input. */
    readonly augment: readonly Call[];
    readonly forward: readonly Call[];
    /** dFeatures → gradients → the update of all parameters. */
    readonly backward: readonly Call[];
    readonly evaluation: readonly Call[];
    readonly probeForward: readonly Call[];
    readonly probeBackward: readonly Call[];
  };
  /** Where the probe leaves the gradient of the images, [n][height][width][4]. */
  readonly inputGradient: { readonly slot: Slot; readonly view: MapView };
}

export function lower(layout: ParameterLayout, maxBatch: number, limits: KernelLimits): Lowered {
  const slots = networkSlots(layout, maxBatch);
  const context: LoweringContext = { layout, slots, maxBatch, limits };
  const { training, evaluation, probe } = layout.plan;
  const lowering = (pass: Pass) => new PassLowering(context, pass.input.root);

  const raw = lowering(evaluation);
  const { images, moves, levels } = slots;
  const operands = { images: place(images), moves: place(moves), levels: place(levels), input: place(slots.input) };
  raw.add(augment(viewOf(evaluation.input)), operands);

  const train = lowering(training);
  const forward = lowerSteps(train, training.forward);
  lowerSteps(train, training.backward);
  const { parameters, momenta, gradients } = slots;
  const arenas = { parameters: place(parameters), momenta: place(momenta), gradients: place(gradients) };
  train.add(sgd(layout.trained.length), arenas);

  const probing = lowering(probe);
  const probeForward = lowerSteps(probing, probe.forward);
  lowerSteps(probing, probe.backward);

  return {
    slots,
    passes: {
      augment: raw.calls,
      forward,
      backward: train.calls.slice(forward.length),
      evaluation: lowerSteps(lowering(evaluation), evaluation.forward),
      probeForward,
      probeBackward: probing.calls.slice(probeForward.length),
    },
    inputGradient: { slot: probing.root(probe.inputGradient.root), view: probe.inputGradient },
  };
}

/** Appends the steps' calls to the pass; returns all of its calls so far. */
function lowerSteps(pass: PassLowering, steps: readonly (ForwardStep | BackwardStep)[]): readonly Call[] {
  for (const step of steps) lowerStep(pass, step);
  return [...pass.calls];
}

function lowerStep(pass: PassLowering, step: ForwardStep | BackwardStep): void {
  const { slots } = pass.context;
  switch (step.kind) {
    case "convolve": {
      const { convolution, epilogue } = step;
      if (!epilogue) {
        lowerConvolve(pass, step, null);
        break;
      }
      const { norm, residual, relu } = epilogue;
      lowerConvolve(pass, step, { ...lowerFold(pass, convolution, norm), residual, relu });
      break;
    }
    case "batchStatistics":
      lowerBatchStatistics(pass, step);
      break;
    case "runningStatistics":
      lowerRunningStatistics(pass, step.norm);
      break;
    case "combine":
      lowerCombine(pass, step);
      break;
    case "pool": {
      const { layer, x, y } = step;
      const kernel = pool({ op: layer.op, x: viewOf(x), y: viewOf(y), window: layer });
      pass.add(kernel, { x: pass.place(x), y: pass.place(y) });
      break;
    }
    case "globalAverage":
      pass.add(globalAverage(viewOf(step.x)), { x: pass.place(step.x), features: place(slots.features) });
      break;
    case "globalAverageGradient": {
      const kernel = globalAverageGradient(viewOf(step.dx));
      pass.add(kernel, { dFeatures: place(slots.dFeatures), dx: pass.place(step.dx) });
      break;
    }
    case "combineGradient":
      lowerCombineGradient(pass, step);
      break;
    case "weightGradient":
      lowerWeightGradient(pass, step);
      break;
    case "inputGradient":
      lowerInputGradient(pass, step);
      break;
    case "poolGradient": {
      const { layer, x, dy, dx, accumulate } = step;
      const kernel = poolGradient({ op: layer.op, x: viewOf(dx), y: viewOf(dy), window: layer }, viewOf(x), accumulate);
      const input = layer.op === "maxPool" ? { x: pass.place(x) } : {};
      pass.add(kernel, { ...input, dy: pass.place(dy), dx: pass.place(dx) });
      break;
    }
  }
}
