/**
 * A trunk as a graph of layers, without tensors: what flows from the images to the penultimate features, and the
 * names that its tensors have in a state_dict. Engines compile it; nothing in it says how to compute.
 */

/** What flows between two layers, for one image. */
export interface MapShape {
  readonly channels: number;
  readonly height: number;
  readonly width: number;
}

/** A feature map, as an index into `Trunk.maps`. */
export type MapId = number;

/** Square window, the same in both directions. Output side: ⌊(side + 2·padding − kernel) / stride⌋ + 1. */
export interface Window {
  readonly kernel: number;
  readonly stride: number;
  readonly padding: number;
}

/** Without bias, zero padding, dilation 1, one group. */
export interface Convolution extends Window {
  readonly op: "convolution";
  /** state_dict name, without ".weight". */
  readonly name: string;
  readonly input: MapId;
  readonly output: MapId;
}

/** Batch norm over images, rows and columns; ε 1e-5, running statistics with momentum 0.1, as PyTorch's default. */
export interface BatchNorm {
  readonly op: "batchNorm";
  /** state_dict name, without ".weight", ".bias" and so on. */
  readonly name: string;
  readonly input: MapId;
  readonly output: MapId;
}

/** max(0, x), with the gradient 0 where x ≤ 0. */
export interface Relu {
  readonly op: "relu";
  readonly input: MapId;
  readonly output: MapId;
}

/** Sum of two maps of one shape. */
export interface Add {
  readonly op: "add";
  readonly inputs: readonly [MapId, MapId];
  readonly output: MapId;
}

/** Channels of the inputs one after the other. */
export interface Concat {
  readonly op: "concat";
  readonly inputs: readonly MapId[];
  readonly output: MapId;
}

/** Padding counts as −∞ for the maximum, and as zeros that count for the average, as PyTorch's defaults. */
export interface Pool extends Window {
  readonly op: "maxPool" | "averagePool";
  readonly input: MapId;
  readonly output: MapId;
}

/** Mean over rows and columns: the features. Always the last layer. */
export interface GlobalAverage {
  readonly op: "globalAverage";
  readonly input: MapId;
  readonly output: MapId;
}

export type Layer = Convolution | BatchNorm | Relu | Add | Concat | Pool | GlobalAverage;

/** Images → features: the layers, and the maps that flow between them. */
export interface Trunk {
  readonly maps: readonly MapShape[];
  /** In an order in which they can be computed; the state_dict lists their tensors in this order too. */
  readonly layers: readonly Layer[];
  /** RGB images, normalised. */
  readonly input: MapId;
  /** The map that the last layer averages. */
  readonly last: MapId;
  readonly featureDim: number;
}

/** The maps that a layer reads. */
export function inputsOf(layer: Layer): readonly MapId[] {
  return layer.op === "add" || layer.op === "concat" ? layer.inputs : [layer.input];
}

/** Builds a trunk layer by layer; every method returns the map that its layer makes. */
export class TrunkBuilder {
  readonly input: MapId = 0;
  private readonly maps: MapShape[];
  private readonly layers: Layer[] = [];
  private readonly names = new Set<string>();

  constructor(height: number, width: number) {
    this.maps = [{ channels: 3, height: side(height), width: side(width) }];
  }

  convolution(name: string, input: MapId, channels: number, window: Window): MapId {
    const output = this.map({ ...this.windowed(name, input, window), channels: side(channels) });
    this.layers.push({ op: "convolution", name: this.named(name), input, output, ...window });
    return output;
  }

  batchNorm(name: string, input: MapId): MapId {
    const output = this.map(this.shape(input));
    this.layers.push({ op: "batchNorm", name: this.named(name), input, output });
    return output;
  }

  relu(input: MapId): MapId {
    const output = this.map(this.shape(input));
    this.layers.push({ op: "relu", input, output });
    return output;
  }

  add(left: MapId, right: MapId): MapId {
    const [a, b] = [this.shape(left), this.shape(right)];
    if (!sameSides(a, b) || a.channels !== b.channels) {
      throw new RangeError(`A sum needs two maps of one shape, not ${text(a)} and ${text(b)}.`);
    }
    const output = this.map(a);
    this.layers.push({ op: "add", inputs: [left, right], output });
    return output;
  }

  concat(...inputs: MapId[]): MapId {
    const shapes = inputs.map((input) => this.shape(input));
    const first = shapes[0];
    if (!first || shapes.length < 2) throw new RangeError("A concatenation needs at least two maps.");
    for (const shape of shapes) {
      if (!sameSides(first, shape)) {
        throw new RangeError(`A concatenation needs maps of one size, not ${text(first)} and ${text(shape)}.`);
      }
    }
    const output = this.map({ ...first, channels: shapes.reduce((sum, { channels }) => sum + channels, 0) });
    this.layers.push({ op: "concat", inputs, output });
    return output;
  }

  maxPool(input: MapId, window: Window): MapId {
    return this.pool("maxPool", input, window);
  }

  averagePool(input: MapId, window: Window): MapId {
    return this.pool("averagePool", input, window);
  }

  /** Ends the trunk with the global average of `last`. */
  build(last: MapId): Trunk {
    const featureDim = this.shape(last).channels;
    const output = this.map({ channels: featureDim, height: 1, width: 1 });
    this.layers.push({ op: "globalAverage", input: last, output });
    return { maps: this.maps, layers: this.layers, input: this.input, last, featureDim };
  }

  private pool(op: Pool["op"], input: MapId, window: Window): MapId {
    if (window.padding * 2 > window.kernel) {
      throw new RangeError(`A pool's padding is at most half its kernel, not ${window.padding} of ${window.kernel}.`);
    }
    const output = this.map(this.windowed(op, input, window));
    this.layers.push({ op, input, output, ...window });
    return output;
  }

  private windowed(what: string, input: MapId, { kernel, stride, padding }: Window): MapShape {
    side(kernel);
    side(stride);
    if (!Number.isInteger(padding) || padding < 0 || padding >= kernel) {
      throw new RangeError(`${what}: the padding of a kernel of ${kernel} is 0 to ${kernel - 1}, not ${padding}.`);
    }
    const shape = this.shape(input);
    const out = (length: number) => Math.floor((length + 2 * padding - kernel) / stride) + 1;
    const [height, width] = [out(shape.height), out(shape.width)];
    if (height < 1 || width < 1) throw new RangeError(`${what}: a window of ${kernel} does not fit ${text(shape)}.`);
    return { channels: shape.channels, height, width };
  }

  private map(shape: MapShape): MapId {
    return this.maps.push(shape) - 1;
  }

  private shape(map: MapId): MapShape {
    const shape = this.maps[map];
    if (!shape) throw new RangeError(`There is no map ${map}.`);
    return shape;
  }

  private named(name: string): string {
    if (this.names.has(name)) throw new RangeError(`Two layers are named "${name}".`);
    this.names.add(name);
    return name;
  }
}

function side(length: number): number {
  if (!Number.isInteger(length) || length < 1) throw new RangeError(`A side is a positive integer, not ${length}.`);
  return length;
}

function sameSides(a: MapShape, b: MapShape): boolean {
  return a.height === b.height && a.width === b.width;
}

function text({ channels, height, width }: MapShape): string {
  return `${channels}×${height}×${width}`;
}
