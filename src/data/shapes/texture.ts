import { exactCos, exactSin } from "../../random/exactMath.ts";
import { Stream } from "../../random/stream.ts";
import { AXIS, type Field, GRID } from "./canvas.ts";

/** Latents of a texture: black-and-white stripes or checks (±1), or clouds (smooth noise, clipped to ±1.5). */
export type Texture =
  | {
      readonly kind: "stripes" | "checks";
      /** radians */
      readonly angle: number;
      /** half periods per unit of the canvas, which is 2 units wide */
      readonly frequency: number;
      /** in half periods */
      readonly phase: number;
    }
  | { readonly kind: "clouds"; readonly cells: number; readonly seed: number };

export function sampleTexture(stream: Stream): Texture {
  const kind = stream.int(3);
  if (kind === 2) return { kind: "clouds", cells: 4 + stream.int(8), seed: stream.uint32() };
  return {
    kind: kind === 0 ? "stripes" : "checks",
    angle: stream.uniform(0, Math.PI),
    frequency: stream.uniform(3, 8),
    phase: stream.uniform(0, 2),
  };
}

/** The texture on the canvas, times `contrast`. */
export function textureField(texture: Texture, contrast: number): Field {
  if (texture.kind === "clouds") {
    const field = smoothNoise(texture.seed, texture.cells);
    for (let s = 0; s < field.length; s++) {
      field[s] = contrast * Math.max(-1.5, Math.min(1.5, field[s] as number));
    }
    return field;
  }
  const cos = exactCos(texture.angle);
  const sin = exactSin(texture.angle);
  const field = new Float64Array(GRID * GRID);
  for (let row = 0, s = 0; row < GRID; row++) {
    const y = AXIS[row] as number;
    for (let column = 0; column < GRID; column++, s++) {
      const x = AXIS[column] as number;
      let band = Math.floor(texture.frequency * (cos * x + sin * y) + texture.phase);
      if (texture.kind === "checks") band += Math.floor(texture.frequency * (cos * y - sin * x));
      field[s] = band % 2 === 0 ? contrast : -contrast;
    }
  }
  return field;
}

/**
 * Smooth noise of about unit variance: standard normals on a cells × cells lattice over the canvas,
 * smoothstep-interpolated (value noise).
 * @param cells lattice points per side, at least 2
 */
export function smoothNoise(seed: number, cells: number): Field {
  const stream = new Stream(seed, "shapes/lattice");
  const lattice = Float64Array.from({ length: cells * cells }, () => stream.normal());
  const { cell, weight } = latticePositions(cells);
  const field = new Float64Array(GRID * GRID);
  for (let row = 0, s = 0; row < GRID; row++) {
    const top = (cell[row] as number) * cells;
    const down = weight[row] as number;
    for (let column = 0; column < GRID; column++, s++) {
      const i = top + (cell[column] as number);
      const across = weight[column] as number;
      const above = mix(lattice[i] as number, lattice[i + 1] as number, across);
      const below = mix(lattice[i + cells] as number, lattice[i + cells + 1] as number, across);
      field[s] = mix(above, below, down);
    }
  }
  return field;
}

/** For each canvas row or column: the lattice cell it lies in, and the smoothed way through it. */
function latticePositions(cells: number): { cell: Uint8Array; weight: Float64Array } {
  const cell = new Uint8Array(GRID);
  const weight = new Float64Array(GRID);
  for (let sample = 0; sample < GRID; sample++) {
    const position = ((sample + 0.5) / GRID) * (cells - 1);
    const f = position - Math.floor(position);
    cell[sample] = Math.floor(position);
    weight[sample] = f * f * (3 - 2 * f);
  }
  return { cell, weight };
}

function mix(a: number, b: number, weight: number): number {
  return a + (b - a) * weight;
}
