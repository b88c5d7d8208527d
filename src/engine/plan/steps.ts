import type { BatchNorm, Convolution, MapId, Pool } from "../../networks/trunk.ts";

/**
 * What a compiled trunk computes, step by step, without saying where or how: the same steps run as WebAssembly
 * kernels, as WGSL kernels, and so on. A step is a unit that every device has a kernel (or a few) for.
 */

/**
 * Memory for one map of every image of the batch. A concatenation and all its pieces lie in one root, so that
 * concatenating copies nothing.
 */
export interface Root {
  readonly id: number;
  /** What it holds, for people. */
  readonly name: string;
  /** Physical channels, dead lanes included. */
  readonly channels: number;
  readonly height: number;
  readonly width: number;
}

/**
 * A map inside its root: physical channels `offset` … `offset + channels − 1`. Pieces of a concatenation begin at
 * multiples of the device's alignment; the lanes that no channel uses are dead: zero in every activation, gradient,
 * weight and vector.
 */
export interface MapView {
  readonly map: MapId;
  readonly root: Root;
  readonly offset: number;
  readonly channels: number;
  /** Physical channel, counted from `offset`, of each channel of the network. */
  readonly lanes: readonly number[];
}

/** A convolution's weights, physically [outputs][inputs][kernel][kernel] with zeros in dead lanes. */
export interface ConvolutionParameter {
  readonly layer: Convolution;
  readonly inputs: number;
  readonly inputLanes: readonly number[];
  readonly outputs: number;
  readonly outputLanes: readonly number[];
}

/** A batch norm's γ, β and running statistics, physically [channels] with zeros in dead lanes. */
export interface NormParameter {
  readonly layer: BatchNorm;
  readonly channels: number;
  readonly lanes: readonly number[];
}

/** A summand of a combination: the map as it is, or its batch norm. */
export interface Term {
  readonly map: MapView;
  readonly norm: NormParameter | null;
}

/** A summand with where its gradient goes. */
export interface TermGradient extends Term {
  readonly gradient: MapView;
  readonly accumulate: boolean;
}

/** What evaluation does to a convolution's output at once: its batch norm, folded into weights and bias, and more. */
export interface Epilogue {
  readonly norm: NormParameter;
  readonly residual: MapView | null;
  readonly relu: boolean;
}

/** A step from the images to the features. */
export type ForwardStep =
  /** y = w ∗ x; with an epilogue y = relu?(norm(w ∗ x) + residual?). */
  | {
      readonly kind: "convolve";
      readonly convolution: ConvolutionParameter;
      readonly x: MapView;
      readonly y: MapView;
      readonly epilogue: Epilogue | null;
    }
  /** Mean and variance of x over the batch → the norm's scale γ/σ and shift β − mean·γ/σ; running statistics later. */
  | { readonly kind: "batchStatistics"; readonly norm: NormParameter; readonly x: MapView }
  /** The norm's scale and shift from its running statistics. */
  | { readonly kind: "runningStatistics"; readonly norm: NormParameter }
  /** out = relu?(sum of the terms); at most two. */
  | { readonly kind: "combine"; readonly terms: readonly Term[]; readonly relu: boolean; readonly out: MapView }
  | { readonly kind: "pool"; readonly layer: Pool; readonly x: MapView; readonly y: MapView }
  /** features = mean of x over rows and columns. Always the last step. */
  | { readonly kind: "globalAverage"; readonly x: MapView };

/**
 * Gradients are written or, with `accumulate`, added to what is there. A step that writes covers its whole target:
 * pixels that no tap reaches become 0.
 */
export type BackwardStep =
  | { readonly kind: "globalAverageGradient"; readonly dx: MapView }
  /**
   * With g = dOut where out > 0 (everywhere without ReLU): a plain term's gradient is g; a norm's is
   * A·g + B·map + D by the batch statistics (`batch`), or scale·g by the running ones. In training also dγ and dβ.
   */
  | {
      readonly kind: "combineGradient";
      readonly terms: readonly TermGradient[];
      readonly relu: boolean;
      readonly out: MapView;
      readonly dOut: MapView;
      readonly batch: boolean;
    }
  | {
      readonly kind: "weightGradient";
      readonly convolution: ConvolutionParameter;
      readonly x: MapView;
      readonly dy: MapView;
    }
  | {
      readonly kind: "inputGradient";
      readonly convolution: ConvolutionParameter;
      readonly dy: MapView;
      readonly dx: MapView;
      readonly accumulate: boolean;
    }
  | {
      readonly kind: "poolGradient";
      readonly layer: Pool;
      readonly x: MapView;
      readonly y: MapView;
      readonly dy: MapView;
      readonly dx: MapView;
      readonly accumulate: boolean;
    };

/** A step of any pass. */
export type Step = ForwardStep | BackwardStep;

/** Views that a step reads (accumulated gradients included) and writes. */
export function accesses(step: Step): { reads: readonly MapView[]; writes: readonly MapView[] } {
  switch (step.kind) {
    case "convolve": {
      const residual = step.epilogue?.residual;
      return { reads: residual ? [step.x, residual] : [step.x], writes: [step.y] };
    }
    case "batchStatistics":
      return { reads: [step.x], writes: [] };
    case "runningStatistics":
      return { reads: [], writes: [] };
    case "combine":
      return { reads: step.terms.map(({ map }) => map), writes: [step.out] };
    case "pool":
      return { reads: [step.x], writes: [step.y] };
    case "globalAverage":
      return { reads: [step.x], writes: [] };
    case "globalAverageGradient":
      return { reads: [], writes: [step.dx] };
    case "combineGradient": {
      // The map of a norm is read for its statistics; in evaluation mode neither it nor a plain term is needed.
      const maps = step.terms.filter(({ norm }) => norm !== null && step.batch).map(({ map }) => map);
      const mask = step.relu ? [step.out] : [];
      const sums = step.terms.filter(({ accumulate }) => accumulate).map(({ gradient }) => gradient);
      return { reads: [step.dOut, ...mask, ...maps, ...sums], writes: step.terms.map(({ gradient }) => gradient) };
    }
    case "weightGradient":
      return { reads: [step.x, step.dy], writes: [] };
    case "inputGradient":
      return { reads: step.accumulate ? [step.dy, step.dx] : [step.dy], writes: [step.dx] };
    case "poolGradient": {
      const maps = step.layer.op === "maxPool" ? [step.x, step.y] : [];
      return { reads: [step.dy, ...maps, ...(step.accumulate ? [step.dx] : [])], writes: [step.dx] };
    }
  }
}
