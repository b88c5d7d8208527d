import { Stream } from "../../random/stream.ts";
import type { Rgb } from "./colour.ts";

/** Side of an image, in pixels. */
export const SIDE = 32;
/** Samples per side of the canvas: 2 × 2 per pixel. */
export const GRID = 64;
/** Bytes of one RGB image. */
export const IMAGE_BYTES = SIDE * SIDE * 3;

/** Coordinate of each canvas column (and row): sample centres in (−1, 1). */
export const AXIS: Float64Array = Float64Array.from({ length: GRID }, (_, i) => ((i + 0.5) / GRID) * 2 - 1);

/** One real number per canvas sample, row by row, [GRID][GRID]. */
export type Field = Float64Array;

/** How much white sensor noise an image gets: standard deviation in units of full scale, and whose draws. */
export interface Noise {
  readonly sigma: number;
  readonly seed: number;
}

/** A supersampled RGB drawing that colours are laid on, back to front. */
export class Canvas {
  private readonly rgb = new Float64Array(GRID * GRID * 3);

  fill([r, g, b]: Rgb): void {
    for (let i = 0; i < this.rgb.length; i += 3) {
      this.rgb[i] = r;
      this.rgb[i + 1] = g;
      this.rgb[i + 2] = b;
    }
  }

  /** Adds field × amount per channel. */
  add(field: Field, [r, g, b]: Rgb): void {
    for (let s = 0, i = 0; s < field.length; s++, i += 3) {
      const value = field[s] as number;
      this.lay(i, 1, value * r, value * g, value * b, 1);
    }
  }

  /**
   * Lays a colour over the canvas with opacity coverage(x, y) in [0, 1].
   * @param texture adds texture[sample] to every channel of the colour
   */
  cover(coverage: (x: number, y: number) => number, [r, g, b]: Rgb, texture: Field | null = null): void {
    for (let row = 0, s = 0; row < GRID; row++) {
      const y = AXIS[row] as number;
      for (let column = 0; column < GRID; column++, s++) {
        const alpha = coverage(AXIS[column] as number, y);
        if (alpha <= 0) continue;
        const shade = texture === null ? 0 : (texture[s] as number);
        this.lay(3 * s, 1 - alpha, r + shade, g + shade, b + shade, alpha);
      }
    }
  }

  /** Replaces every sample by a function of its place and present colour. */
  map(recolour: (x: number, y: number, present: Rgb) => Rgb): void {
    const { rgb } = this;
    for (let row = 0, i = 0; row < GRID; row++) {
      for (let column = 0; column < GRID; column++, i += 3) {
        const present: Rgb = [rgb[i] as number, rgb[i + 1] as number, rgb[i + 2] as number];
        const [r, g, b] = recolour(AXIS[column] as number, AXIS[row] as number, present);
        this.lay(i, 0, r, g, b, 1);
      }
    }
  }

  /** Averages 2 × 2 samples, adds the noise, clips, rounds: uint8 RGB [SIDE][SIDE][3] at out[offset…]. */
  toBytes(noise: Noise | null, out: Uint8Array, offset: number): void {
    const stream = noise === null ? null : new Stream(noise.seed, "shapes/noise");
    const sigma = noise === null ? 0 : noise.sigma;
    const stride = GRID * 3;
    const { rgb } = this;
    for (let row = 0, o = offset; row < SIDE; row++) {
      for (let column = 0; column < SIDE; column++) {
        for (let c = 0; c < 3; c++, o++) {
          const i = 2 * row * stride + 6 * column + c;
          const top = (rgb[i] as number) + (rgb[i + 3] as number);
          const bottom = (rgb[i + stride] as number) + (rgb[i + stride + 3] as number);
          const value = (top + bottom) / 4 + (stream === null ? 0 : sigma * fastNormal(stream.uint32()));
          out[o] = Math.floor(Math.max(0, Math.min(1, value)) * 255 + 0.5);
        }
      }
    }
  }

  private lay(i: number, keep: number, r: number, g: number, b: number, weight: number): void {
    const { rgb } = this;
    rgb[i] = (rgb[i] as number) * keep + r * weight;
    rgb[i + 1] = (rgb[i + 1] as number) * keep + g * weight;
    rgb[i + 2] = (rgb[i + 2] as number) * keep + b * weight;
  }
}

const BYTE_SUM_SIGMA = Math.sqrt((256 * 256 - 1) / 3);

/**
 * The sum of the four bytes of a random word, standardised: mean 0, variance 1, within ±3.46.
 * Close enough to normal for sensor noise, and a quarter of the draws and none of the logarithms of Box–Muller.
 */
function fastNormal(word: number): number {
  const sum = (word & 255) + ((word >>> 8) & 255) + ((word >>> 16) & 255) + (word >>> 24);
  return (sum - 510) / BYTE_SUM_SIGMA;
}

/** Opacity of a signed distance given in canvas units: a ramp one pixel wide. */
export function edge(distance: number): number {
  return Math.max(0, Math.min(1, 0.5 - (distance * GRID) / 4));
}
