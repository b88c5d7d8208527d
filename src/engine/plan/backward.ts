import type { ResNet18 } from "../../networks/resnet18.ts";
import { normGradientApply, normGradientFinalise, normGradientPartial, normRunning } from "./batchNorm.ts";
import type { Arena, Dense, Padded } from "./buffers.ts";
import { inputGradient, transposeWeights, weightGradient } from "./convolution.ts";
import { type BlockBuffers, type TrunkBuffers, trunkLayers } from "./layers.ts";
import { type Program, ProgramBuilder } from "./program.ts";
import type { Tables } from "./tables.ts";

/**
 * d features → every gradient, then one SGD step and the running statistics.
 *
 * One barrier per norm, as in the forward pass. A weight gradient needs dy of every image, so it waits for the
 * next barrier, which is there anyway; until then its dy must not be overwritten, hence one dy buffer per role.
 */
export function backwardProgram(
  network: ResNet18,
  trunk: TrunkBuffers,
  arena: Arena,
  tables: Tables,
  hyper: number,
): Program {
  const builder = new ProgramBuilder();
  const scratch = new Scratch(arena);
  for (const buffers of trunkLayers(trunk)) if (buffers !== trunk.stem) transposeWeights(builder, buffers, tables);

  let turn = 0;
  const nextGradient = (channels: number, size: number) => scratch.dense(`gradient${turn++ % 2}`, channels, size);
  let gradient = nextGradient(network.featureDim, network.lastSize);
  builder.chunks({
    kernel: "averagePoolGradient",
    args: [trunk.dFeatures, gradient.address, "lo", "hi", network.lastSize, network.featureDim / 8],
  });

  const reversed = [...trunk.blocks].reverse();
  /** Weight gradients whose dy is complete after the next barrier. */
  let pending: (() => void)[] = [];
  const barrier = () => {
    builder.barrier();
    for (const add of pending) add();
    pending = [];
  };

  for (const [i, { first, second, shortcut, inner, out }] of reversed.entries()) {
    const x = (reversed[i + 1] as BlockBuffers | undefined)?.out ?? trunk.stemOut;
    const { cin, cout, size } = first.layer;
    const outSize = second.layer.size;
    const dySecond = scratch.padded("second", cout, outSize);
    const dyFirst = scratch.padded("first", cout, outSize);
    const dyShortcut = shortcut && scratch.padded("shortcut", cout, outSize);
    const dInner = scratch.dense("inner", cout, outSize);
    const dx = nextGradient(cin, size);

    builder.chunks(normGradientPartial(second, gradient, out));
    if (shortcut) builder.chunks(normGradientPartial(shortcut, gradient, out));
    barrier();
    builder.every(normGradientFinalise(second));
    if (shortcut) builder.every(normGradientFinalise(shortcut));
    builder.chunks(normGradientApply(second, gradient, out, dySecond, shortcut ? null : dx));
    pending.push(() => weightGradient(builder, second, inner, dySecond, tables));
    if (shortcut && dyShortcut) {
      builder.chunks(normGradientApply(shortcut, gradient, out, dyShortcut, null));
      pending.push(() => weightGradient(builder, shortcut, x, dyShortcut, tables));
    }
    builder.chunks(...inputGradient(second, dySecond, dInner, false, tables));
    builder.chunks(normGradientPartial(first, dInner, inner));
    barrier();
    builder.every(normGradientFinalise(first));
    builder.chunks(normGradientApply(first, dInner, inner, dyFirst, null));
    pending.push(() => weightGradient(builder, first, x, dyFirst, tables));
    builder.chunks(...inputGradient(first, dyFirst, dx, shortcut === null, tables));
    if (shortcut && dyShortcut) builder.chunks(...inputGradient(shortcut, dyShortcut, dx, true, tables));
    gradient = dx;
  }

  const { stem, stemOut, input } = trunk;
  // Not the role "first": the weight gradient of the first block still reads that one in this phase.
  const dyStem = scratch.padded("second", stem.layer.cout, stem.layer.size);
  builder.chunks(normGradientPartial(stem, gradient, stemOut));
  barrier();
  builder.every(normGradientFinalise(stem)).chunks(normGradientApply(stem, gradient, stemOut, dyStem, null));
  pending.push(() => weightGradient(builder, stem, input, dyStem, tables));
  barrier();
  builder.barrier();
  const { parameters, momenta, gradients } = trunk;
  builder.split(parameters.bytes / 16, {
    kernel: "sgd",
    args: [parameters.address, momenta.address, gradients.address, "lo", "hi", hyper],
  });
  for (const buffers of trunkLayers(trunk)) builder.split(buffers.layer.cout, normRunning(buffers));
  return builder.build();
}

/** Buffers that live for a phase or two, one per role and shape; a padded border is zero and stays so. */
class Scratch {
  private readonly padding = new Map<string, Padded>();
  private readonly plain = new Map<string, Dense>();

  constructor(private readonly arena: Arena) {}

  padded(role: string, channels: number, size: number): Padded {
    return remember(this.padding, `${role} ${channels} ${size}`, () => this.arena.padded(channels, size));
  }

  dense(role: string, channels: number, size: number): Dense {
    return remember(this.plain, `${role} ${channels} ${size}`, () => this.arena.dense(channels, size));
  }
}

function remember<T>(map: Map<string, T>, key: string, make: () => T): T {
  const known = map.get(key);
  if (known !== undefined) return known;
  const made = make();
  map.set(key, made);
  return made;
}
