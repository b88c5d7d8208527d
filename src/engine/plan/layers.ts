import { type BasicBlock, type ConvBn, convolutions, type ResNet18 } from "../../networks/resnet18.ts";
import type { Arena, Dense, InputImages, Padded, Panels, Vector } from "./buffers.ts";
import { CHUNKS } from "./program.ts";

/** What a convolution + batch norm learns. All of it lies in the flat parameter arena. */
export interface LayerParameters {
  readonly weights: Panels;
  readonly gamma: Vector;
  readonly beta: Vector;
}

/** One convolution + batch norm with everything it keeps in the arena. */
export interface LayerBuffers extends LayerParameters {
  readonly layer: ConvBn;
  readonly gradients: LayerParameters;
  readonly runningMean: Vector;
  readonly runningVar: Vector;
  /** Convolution output, kept for the backward pass. */
  readonly y: Dense;
  /** Per-chunk sums of the batch statistics and, later, of their gradients: [CHUNKS][2][C]. */
  readonly partial: number;
  /** scale, shift, mean, 1/σ, variance of the batch: [5][C]. */
  readonly vectors: number;
  /** A, B, D of dy = A·g + B·y + D: [3][C]. */
  readonly coefficients: number;
  /** Weights with input and output channels swapped, for the input gradient. */
  readonly transposed: number;
}

export interface BlockBuffers {
  readonly block: BasicBlock;
  readonly first: LayerBuffers;
  readonly second: LayerBuffers;
  readonly shortcut: LayerBuffers | null;
  /** After the first norm and ReLU. */
  readonly inner: Padded;
  /** After the residual sum and ReLU. */
  readonly out: Padded;
}

/** A flat range of floats: all parameters of the trunk, their gradients, or their momenta, in the same order. */
export interface FlatArena {
  readonly address: number;
  readonly bytes: number;
}

/** Every buffer that lives from step to step or from forward to backward. */
export interface TrunkBuffers {
  readonly parameters: FlatArena;
  readonly gradients: FlatArena;
  readonly momenta: FlatArena;
  readonly input: InputImages;
  readonly stem: LayerBuffers;
  readonly stemOut: Padded;
  readonly blocks: readonly BlockBuffers[];
  /** [n][d]. */
  readonly features: number;
  readonly dFeatures: number;
}

/** Input channels as they lie in memory: the stem's three are followed by a zero. */
export function storedCin(layer: ConvBn): number {
  return layer.cin === 3 ? 4 : layer.cin;
}

/** Lays out the trunk of `network` in `arena`. */
export function allocateTrunk(network: ResNet18, arena: Arena, maxBatch: number): TrunkBuffers {
  const layers = convolutions(network);
  const parameters = flat(arena, () => layers.map((layer) => allocateParameters(layer, arena)));
  const gradients = flat(arena, () => layers.map((layer) => allocateParameters(layer, arena)));
  const momenta = { address: arena.bytes(parameters.range.bytes), bytes: parameters.range.bytes };

  const buffers = new Map<ConvBn, LayerBuffers>();
  layers.forEach((layer, i) => {
    const { cout, size, stride } = layer;
    buffers.set(layer, {
      layer,
      ...(parameters.layers[i] as LayerParameters),
      gradients: gradients.layers[i] as LayerParameters,
      runningMean: arena.vector(cout),
      runningVar: arena.vector(cout),
      y: arena.dense(cout, size / stride),
      partial: arena.bytes(CHUNKS * 2 * cout * 4),
      vectors: arena.bytes(5 * cout * 4),
      coefficients: arena.bytes(3 * cout * 4),
      transposed: arena.bytes(cout * storedCin(layer) * layer.kernel ** 2 * 4),
    });
  });
  const of = (layer: ConvBn) => buffers.get(layer) as LayerBuffers;

  return {
    parameters: parameters.range,
    gradients: gradients.range,
    momenta,
    input: arena.input(network.stem.size),
    stem: of(network.stem),
    stemOut: arena.padded(network.stem.cout, network.stem.size),
    blocks: network.blocks.map((block) => ({
      block,
      first: of(block.first),
      second: of(block.second),
      shortcut: block.shortcut && of(block.shortcut),
      inner: arena.padded(block.first.cout, block.second.size),
      out: arena.padded(block.second.cout, block.second.size),
    })),
    features: arena.bytes(maxBatch * network.featureDim * 4),
    dFeatures: arena.bytes(maxBatch * network.featureDim * 4),
  };
}

/** All layers in the order of `convolutions`. */
export function trunkLayers(trunk: TrunkBuffers): LayerBuffers[] {
  const layers = [trunk.stem];
  for (const block of trunk.blocks) {
    layers.push(block.first, block.second);
    if (block.shortcut) layers.push(block.shortcut);
  }
  return layers;
}

function allocateParameters(layer: ConvBn, arena: Arena): LayerParameters {
  return {
    weights: arena.panels(layer.cout, storedCin(layer), layer.kernel),
    gamma: arena.vector(layer.cout),
    beta: arena.vector(layer.cout),
  };
}

function flat(arena: Arena, allocate: () => LayerParameters[]): { range: FlatArena; layers: LayerParameters[] } {
  const address = arena.bytes(0);
  const layers = allocate();
  return { range: { address, bytes: arena.end - address }, layers };
}
