import { Stream } from "../../../random/stream.ts";

/** Seeded normal numbers, scaled. */
export function normals(name: string, length: number, scale = 1): Float32Array {
  const stream = new Stream(5, `dense/${name}`);
  return Float32Array.from({ length }, () => scale * stream.normal());
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
