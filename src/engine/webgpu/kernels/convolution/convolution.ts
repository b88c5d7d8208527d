import type { Window } from "../../../../networks/trunk.ts";
import { checkView, type MapView } from "../kernel.ts";
import type { GemmShape } from "./tile.ts";

/** y = w ∗ x, with weights [kernel][kernel][x.channels][y.channels]. */
export interface ConvolutionShape {
  readonly x: MapView;
  readonly y: MapView;
  readonly window: Window;
}

/** The matrix products of a convolution of at most `batch` images, for `chooseTile`. */
export function forwardGemm({ x, y, window }: ConvolutionShape, batch: number): GemmShape {
  return {
    rows: batch * y.height * y.width,
    columns: y.channels,
    depth: window.kernel ** 2 * x.channels,
    splits: false,
  };
}

/**
 * With a stride there is one product per phase, and most have fewer terms than the one with the most: they count as so
 * many rows of that one as take the same work.
 */
export function inputGradientGemm({ x, y, window }: ConvolutionShape, batch: number): GemmShape {
  const { kernel, stride } = window;
  const phase = batch * Math.ceil(x.height / stride) * Math.ceil(x.width / stride);
  const taps = Math.ceil(kernel / stride) ** 2;
  return {
    rows: Math.ceil((phase * kernel ** 2) / taps),
    columns: x.channels,
    depth: taps * y.channels,
    splits: false,
  };
}

export function weightGradientGemm({ x, y, window }: ConvolutionShape, batch: number): GemmShape {
  return {
    rows: window.kernel ** 2 * x.channels,
    columns: y.channels,
    depth: batch * y.height * y.width,
    splits: true,
  };
}

export function weightBytes({ x, y, window }: ConvolutionShape): number {
  return window.kernel ** 2 * x.channels * y.channels * 4;
}

/** Multiply-adds count twice; padding counts as if it were computed, as is the field's custom. */
export function convolutionFlops({ x, y, window }: ConvolutionShape, n: number): number {
  return 2 * n * y.height * y.width * y.channels * window.kernel ** 2 * x.channels;
}

/** e.g. "3×3 s2 64→128 16×16". */
export function convolutionName({ x, y, window }: ConvolutionShape): string {
  return `${window.kernel}×${window.kernel} s${window.stride} ${x.channels}→${y.channels} ${y.height}×${y.width}`;
}

/** @throws RangeError for views that no convolution with this window connects */
export function checkConvolution({ x, y, window }: ConvolutionShape): void {
  checkView("A convolution's input", x);
  checkView("A convolution's output", y);
  const { kernel, stride, padding } = window;
  const side = (length: number) => Math.floor((length + 2 * padding - kernel) / stride) + 1;
  if (side(x.height) !== y.height || side(x.width) !== y.width) {
    throw new RangeError(
      `A ${kernel}×${kernel} window, stride ${stride}, padding ${padding}, makes ${side(x.height)}×${side(x.width)} ` +
        `of ${x.height}×${x.width}, not ${y.height}×${y.width}.`,
    );
  }
}

/**
 * How WGSL numbers four neighbouring pixels, the first of which is a multiple of 4. Where rows of pixels are multiples
 * of 4 long, the four lie in one row of one image: one number serves them all, which saves registers.
 */
export interface Four {
  /** WGSL type of a signed number for the four. */
  readonly int: "i32" | "vec4i";
  /** WGSL: the four indices from the index `first` on. */
  indices(first: string): string;
  /** WGSL: an unsigned number for comparison with the four. */
  limit(value: string): string;
  /** WGSL: the vec4i of columns, `stride` apart, from a number for the four. */
  columns(column: string, stride: number): string;
}

/** @param width pixels of a row */
export function four(width: number): Four {
  if (width % 4 === 0) {
    return {
      int: "i32",
      indices: (first) => first,
      limit: (value) => value,
      columns: (column, stride) => `vec4i(${column}) + vec4i(0, 1, 2, 3) * ${stride}`,
    };
  }
  return {
    int: "vec4i",
    indices: (first) => `${first} + vec4u(0u, 1u, 2u, 3u)`,
    limit: (value) => `vec4u(${value})`,
    columns: (column) => column,
  };
}

/**
 * WGSL function `pixels(image, row, column, quad) -> mat4x4f`: four channels, from 4·quad of the view on, of four pixels
 * of the view, one per matrix column; zero for pixels outside of the picture. `image` counts the pixels before each
 * pixel's image.
 */
export function pixelsFunction(name: string, { height, width, pixelStride, channelOffset }: MapView): string {
  const load = (i: number) => `  if (inside[${i}]) { values[${i}] = ${name}[at[${i}]]; }`;
  return `
fn pixels(image: vec4i, row: vec4i, column: vec4i, quad: u32) -> mat4x4f {
  var values = mat4x4f();
  let inside = (row >= vec4i(0)) & (row < vec4i(${height})) & (column >= vec4i(0)) & (column < vec4i(${width}));
  let at = vec4u((image + row * ${width} + column) * ${pixelStride / 4}) + ${channelOffset / 4}u + quad;
${[0, 1, 2, 3].map(load).join("\n")}
  return values;
}

// A row of no picture: where there is no pixel, so that none of its taps is inside.
const NOWHERE = -1000000;
`;
}
