import type { Trunk } from "../../networks/trunk.ts";
import { backwardSteps } from "./backwardSteps.ts";
import { evaluationSteps, forwardSteps } from "./forwardSteps.ts";
import { countReaders } from "./fuse.ts";
import { Parameters } from "./parameters.ts";
import { Placement } from "./placement.ts";
import type { BackwardStep, ForwardStep, MapView, Root } from "./steps.ts";

/** One pass over a batch: its roots live in it only. */
export interface Pass {
  readonly roots: readonly Root[];
  /** The normalised images. */
  readonly input: MapView;
  readonly forward: readonly ForwardStep[];
  /** d features → gradients; empty in evaluation. */
  readonly backward: readonly BackwardStep[];
}

/** A pass that also computes the gradient of the images. */
export interface ProbePass extends Pass {
  readonly inputGradient: MapView;
}

/** A trunk, compiled: its parameters and what its passes do, for any device. */
export interface TrunkPlan {
  readonly trunk: Trunk;
  readonly parameters: Parameters;
  /** The map that is averaged: its channels are the features, its lanes their places. */
  readonly features: MapView;
  /** Batch statistics; backward to every parameter's gradient. */
  readonly training: Pass;
  /** Running statistics, folded. */
  readonly evaluation: Pass;
  /** Running statistics; backward to the images only. */
  readonly probe: ProbePass;
}

/**
 * Compiles a trunk for devices whose kernels take channels in groups of `alignment`.
 *
 * @throws Error if a map is part of two concatenations, if a piece is read after its concatenation, if images meet a
 *   norm or a sum before a convolution, or if a layer's output is never used. Lowering refuses more: wasm a pool of
 *   the images themselves, WebGPU a map added to itself and what exceeds the adapter's limits
 */
export function compileTrunk(trunk: Trunk, alignment: number): TrunkPlan {
  refuseUnused(trunk);
  const roots: Root[] = [];
  const maps = new Placement(trunk, alignment, roots, "map");
  const parameters = new Parameters(trunk, maps);
  return {
    trunk,
    parameters,
    features: maps.view(trunk.last),
    training: training(trunk, alignment, parameters),
    evaluation: evaluation(trunk, alignment, parameters),
    probe: probe(trunk, alignment, parameters),
  };
}

/** What nothing reads has no gradient, and its parameters would only decay: a mistake in the graph. */
function refuseUnused(trunk: Trunk): void {
  const readers = countReaders(trunk);
  for (const layer of trunk.layers) {
    if (layer.op === "globalAverage" || readers.has(layer.output)) continue;
    const name = "name" in layer ? ` "${layer.name}"` : "";
    throw new Error(`The ${layer.op}${name} computes map ${layer.output}, which nothing reads. Take it out.`);
  }
}

function training(trunk: Trunk, alignment: number, parameters: Parameters): Pass {
  const roots: Root[] = [];
  const maps = new Placement(trunk, alignment, roots, "map");
  const forward = forwardSteps(trunk, maps, parameters, "batch");
  const gradientOf = gradients(trunk, alignment, roots, false);
  const backward = backwardSteps(forward, { gradientOf, training: true });
  return { roots, input: maps.view(trunk.input), forward, backward };
}

function evaluation(trunk: Trunk, alignment: number, parameters: Parameters): Pass {
  const roots: Root[] = [];
  const maps = new Placement(trunk, alignment, roots, "map");
  const forward = evaluationSteps(trunk, maps, parameters);
  return { roots, input: maps.view(trunk.input), forward, backward: [] };
}

function probe(trunk: Trunk, alignment: number, parameters: Parameters): ProbePass {
  const roots: Root[] = [];
  const maps = new Placement(trunk, alignment, roots, "map");
  const forward = forwardSteps(trunk, maps, parameters, "running");
  const gradientOf = gradients(trunk, alignment, roots, true);
  const backward = backwardSteps(forward, { gradientOf, training: false });
  const input = maps.view(trunk.input);
  const inputGradient = gradientOf(input);
  if (!inputGradient) throw new Error("The images have no gradient.");
  return { roots, input, forward, backward, inputGradient };
}

/** Where the gradient of a map lies: as the map itself, in roots of its own. */
function gradients(trunk: Trunk, alignment: number, roots: Root[], ofImages: boolean) {
  const placed = new Placement(trunk, alignment, roots, "gradient of map");
  return ({ map }: MapView): MapView | null => (map === trunk.input && !ofImages ? null : placed.view(map));
}
