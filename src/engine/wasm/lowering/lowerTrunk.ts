import type { Trunk } from "../../../networks/trunk.ts";
import { compileTrunk, type Pass, type TrunkPlan } from "../../plan/compile.ts";
import type { NormParameter, Step } from "../../plan/steps.ts";
import { ALIGNMENT, Arena } from "./arena.ts";
import { BackwardPass } from "./backward.ts";
import { Borders, imageBorder } from "./borders.ts";
import type { ImageBuffer, MapBuffer } from "./buffers.ts";
import type { Context } from "./context.ts";
import { Fold } from "./fold.ts";
import { ForwardPass, scheduleRunningStatistics } from "./forward.ts";
import { gapsLast } from "./gapsLast.ts";
import { ParameterBuffers } from "./parameters.ts";
import { type Arrangement, arrangePass, Places } from "./places.ts";
import type { Counted, Program } from "./program.ts";
import { program, type Schedule } from "./schedule.ts";
import { type TrunkTensor, trunkTensors } from "./state.ts";
import { type Table, Tables } from "./tables.ts";
import { ThreadScratch } from "./threadScratch.ts";
import { trainedWeights } from "./weights.ts";

/**
 * forward: images → features, batch statistics. backward: dFeatures → gradients, SGD step, running statistics.
 * fold: parameters → what evaluate computes with. evaluate: images → features, running statistics.
 * probeForward, probeBackward: the same as evaluate, then dFeatures → the images' gradient.
 *
 * The three passes share their memory: none survives another, and fold belongs to evaluate.
 */
export type ProgramName = "forward" | "backward" | "fold" | "evaluate" | "probeForward" | "probeBackward";

/** Features or their gradient: [n][channels], of which `lanes` are in use. */
export interface FeatureBuffer {
  readonly address: number;
  readonly channels: number;
  readonly lanes: readonly number[];
}

/** A trunk for batches of up to `maxBatch` images: what lies where, and which kernels run in which order. */
export interface WasmPlan {
  readonly trunk: Trunk;
  readonly maxBatch: number;
  /** Size of the arena. It starts zeroed, and the images' border and fourth lane stay zero. */
  readonly bytes: number;
  /** Barrier words of the kernel threads. */
  readonly control: number;
  /** lr, momentum, weight decay as float32, read by the backward program. */
  readonly hyper: number;
  readonly tables: readonly Table[];
  readonly images: ImageBuffer;
  readonly features: FeatureBuffer;
  readonly dFeatures: FeatureBuffer;
  /** After probeBackward, until another program runs. */
  readonly imageGradient: MapBuffer;
  readonly tensors: readonly TrunkTensor[];
  /** Rows × columns of the smallest map with a batch norm; undefined without one. */
  readonly smallestNorm: number | undefined;
  readonly programs: Readonly<Record<ProgramName, Program>>;
}

/** 4 GiB, the reach of a 32-bit address. */
const ADDRESS_SPACE = 2 ** 32;

/** Channels per block of a map. */
const LANES = 8;

/**
 * Compiles a trunk to programs of kernel calls.
 *
 * @param threads how many will run them: each gets work space; the results are the same
 * @throws RangeError if `maxBatch` is no positive integer or the arena would exceed 4 GiB
 */
export function lowerTrunk(trunk: Trunk, maxBatch: number, threads: number): WasmPlan {
  if (!Number.isInteger(maxBatch) || maxBatch < 1) {
    throw new RangeError(`The largest batch must be a positive integer, not ${maxBatch}.`);
  }
  const plan = compileTrunk(trunk, LANES);
  const arena = new Arena();
  const control = arena.bytes(256);
  const hyper = arena.bytes(16);
  const buffers = new ParameterBuffers(plan.parameters, trunk.input, arena);
  const images = imageBuffer(plan, maxBatch, arena);
  const featureBuffer = (): FeatureBuffer => {
    const { channels, lanes } = plan.features;
    return { address: arena.bytes(maxBatch * channels * 4), channels, lanes };
  };
  const [features, dFeatures] = [featureBuffer(), featureBuffer()];
  const scratch = new ThreadScratch();
  const context: Context = {
    ...{ buffers, images: trunk.input, maxBatch, hyper, scratch },
    ...{ features: features.address, dFeatures: dFeatures.address },
  };

  const areas = normAreas(plan.training);
  const forward = new ForwardPass(context, trainedWeights(context), false).run(plan.training.forward).schedule;
  const backward = new BackwardPass(context, false).run(gapsLast(plan.training.backward)).update(areas).schedule;
  const fold = new Fold(plan.evaluation.forward, context);
  const evaluate = new ForwardPass(context, fold.weights, false).run(plan.evaluation.forward).schedule;
  const probe = new ForwardPass(context, trainedWeights(context), true);
  scheduleRunningStatistics(plan.probe.forward, context, probe.schedule);
  const probeForward = probe.run(plan.probe.forward).schedule;
  const probeBackward = new BackwardPass(context, true).run(gapsLast(plan.probe.backward)).schedule;

  const lay = (pass: Pass, schedules: readonly Schedule[]) => {
    const borders = new Borders(stepsOf(pass), pass.input.root, images.border);
    const phases = schedules.flatMap((schedule) => schedule.phases);
    return { pass, borders, arrangement: arrangePass(phases, borders, pass.input.root, maxBatch) };
  };
  const training = lay(plan.training, [forward, backward]);
  const evaluation = lay(plan.evaluation, [fold.schedule, evaluate]);
  const probing = lay(plan.probe, [probeForward, probeBackward]);
  const region = arena.bytes(Math.max(...[training, evaluation, probing].map(({ arrangement }) => arrangement.bytes)));
  const step = Math.ceil(scratch.bytes / ALIGNMENT) * ALIGNMENT;
  const work: Counted = { base: arena.bytes(threads * step), step, per: "thread" };
  const tables = new Tables(arena);
  const places = ({ pass, borders, arrangement }: { pass: Pass; borders: Borders; arrangement: Arrangement }) =>
    new Places(region, arrangement, borders, pass.input.root, images, tables, work);
  const programs = {
    forward: program(forward, places(training)),
    backward: program(backward, places(training)),
    fold: program(fold.schedule, places(evaluation)),
    evaluate: program(evaluate, places(evaluation)),
    probeForward: program(probeForward, places(probing)),
    probeBackward: program(probeBackward, places(probing)),
  };
  const imageGradient = places(probing).map(plan.probe.inputGradient);
  checkReach(arena.end, plan, maxBatch);
  return {
    ...{ trunk, maxBatch, bytes: arena.end, control, hyper, tables: tables.all(), images, features, dFeatures },
    ...{ imageGradient, tensors: trunkTensors(trunk, buffers), programs },
    smallestNorm: areas.size === 0 ? undefined : Math.min(...areas.values()),
  };
}

function stepsOf({ forward, backward }: Pass): Step[] {
  return [...forward, ...backward];
}

/** The images lie apart from the maps, so that their border and fourth lane are cleared once and for all. */
function imageBuffer(plan: TrunkPlan, maxBatch: number, arena: Arena): ImageBuffer {
  const { height, width } = plan.training.input.root;
  const passes = [plan.training, plan.evaluation, plan.probe];
  const border = Math.max(...passes.map(({ forward, input }) => imageBorder(forward, input.root)));
  const address = arena.bytes(maxBatch * (height + 2 * border) * (width + 2 * border) * 16);
  return { kind: "images", address, height, width, border };
}

/** Rows × columns that each norm averages over. */
function normAreas({ forward }: Pass): Map<NormParameter, number> {
  const areas = new Map<NormParameter, number>();
  for (const step of forward) {
    if (step.kind === "batchStatistics") areas.set(step.norm, step.x.root.height * step.x.root.width);
  }
  return areas;
}

function checkReach(bytes: number, { training }: TrunkPlan, maxBatch: number): void {
  if (bytes <= ADDRESS_SPACE) return;
  const { height, width } = training.input.root;
  throw new RangeError(
    `Training this network on ${height}×${width} pixels in batches of ${maxBatch} needs ` +
      `${(bytes / 2 ** 30).toFixed(1)} GiB, but WebAssembly reaches 4 GiB. Use a smaller batch or a narrower network.`,
  );
}
