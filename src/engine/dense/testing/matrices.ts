import { Stream } from "../../../random/stream.ts";
import type { StrayModels } from "../kernels.ts";

/** Seeded normal numbers, scaled. */
export function normals(name: string, length: number, scale = 1): Float32Array {
  const stream = new Stream(5, `dense/${name}`);
  return Float32Array.from({ length }, () => scale * stream.normal());
}

/** Classes in logit space as far from each other as {@link normals} of scale 3 are. */
export function strayModels(classes: number): StrayModels {
  const of = (name: string, low: number, high: number): Float64Array => {
    const stream = new Stream(5, `dense/stray ${name} ${classes}`);
    return Float64Array.from({ length: classes }, () => stream.uniform(low, high));
  };
  const size = 3 * Math.sqrt(classes);
  return {
    means: Float64Array.from(normals(`stray means ${classes}`, classes * classes)),
    scale: of("scale", 0.1 * size + 1, 0.3 * size + 1),
    shape: of("shape", 0.5, 12),
    small: of("small", 0.8 * size, 1.2 * size),
  };
}

/** A seeded orthonormal basis of the whole space, [columns, columns]: Gram–Schmidt, twice for its digits. */
export function orthonormal(name: string, columns: number): Float64Array {
  const vectors = Float64Array.from(normals(name, columns * columns));
  for (let v = 0; v < columns; v++) {
    const own = vectors.subarray(v * columns, (v + 1) * columns);
    for (let pass = 0; pass < 2; pass++) {
      for (let before = 0; before < v; before++) {
        const other = vectors.subarray(before * columns, (before + 1) * columns);
        const along = dot(own, other);
        for (let c = 0; c < columns; c++) own[c] = (own[c] as number) - along * (other[c] as number);
      }
      const norm = Math.sqrt(dot(own, own));
      for (let c = 0; c < columns; c++) own[c] = (own[c] as number) / norm;
    }
  }
  return vectors;
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let k = 0; k < a.length; k++) sum += (a[k] as number) * (b[k] as number);
  return sum;
}
