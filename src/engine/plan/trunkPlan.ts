import { type ResNet18, resnet18 } from "../../networks/resnet18.ts";
import type { NetworkSpec } from "../network.ts";
import { backwardProgram } from "./backward.ts";
import { Arena } from "./buffers.ts";
import { evaluateProgram, forwardProgram } from "./forward.ts";
import { allocateTrunk, type TrunkBuffers } from "./layers.ts";
import type { Program } from "./program.ts";
import { type Table, Tables } from "./tables.ts";

export type ProgramName = "forward" | "backward" | "evaluate";

/** A trunk compiled for batches of up to `maxBatch` images: what lies where, and which kernels run in which order. */
export interface TrunkPlan {
  readonly network: ResNet18;
  readonly maxBatch: number;
  /** Size of the arena. It starts zeroed, and borders and the input's fourth channel stay zero. */
  readonly bytes: number;
  /** Barrier words of the kernel threads. */
  readonly control: number;
  /** lr, momentum, weight decay as float32, read by the backward program. */
  readonly hyper: number;
  readonly tables: readonly Table[];
  readonly buffers: TrunkBuffers;
  /**
   * forward: input → features, batch statistics. backward: dFeatures → gradients, SGD step, running statistics.
   * evaluate: input → features, running statistics.
   */
  readonly programs: Readonly<Record<ProgramName, Program>>;
}

/** 4 GiB, the reach of a 32-bit address. */
const ADDRESS_SPACE = 2 ** 32;

/**
 * Compiles the trunk of the network named by `spec`.
 *
 * @throws RangeError if `maxBatch` is no positive integer or the arena would exceed 4 GiB
 */
export function compileTrunk(spec: NetworkSpec, maxBatch: number): TrunkPlan {
  if (!Number.isInteger(maxBatch) || maxBatch < 1) {
    throw new RangeError(`The largest batch must be a positive integer, not ${maxBatch}.`);
  }
  const network = resnet18(spec);
  const arena = new Arena(0, maxBatch);
  const control = arena.bytes(256);
  const hyper = arena.bytes(16);
  const tables = new Tables(arena);
  const buffers = allocateTrunk(network, arena, maxBatch);
  const programs = {
    forward: forwardProgram(network, buffers, tables),
    backward: backwardProgram(network, buffers, arena, tables, hyper),
    evaluate: evaluateProgram(network, buffers, tables),
  };
  if (arena.end > ADDRESS_SPACE) {
    throw new RangeError(
      `Training width ${spec.width} at ${spec.imageSize} pixels in batches of ${maxBatch} needs ` +
        `${(arena.end / 2 ** 30).toFixed(1)} GiB, but WebAssembly reaches 4 GiB. Use a smaller batch or width.`,
    );
  }
  return { network, maxBatch, bytes: arena.end, control, hyper, tables: tables.all(), buffers, programs };
}
