import { TILE_BYTES } from "./headJob.ts";
import { checkedRows } from "./plain.ts";
import { chunkOf, sliceRows } from "./rowJob.ts";
import { Layout, type Space } from "./space.ts";

/** Sum of each column, [columns]. It costs less than the copy, so the calling thread does it alone. */
export async function columnSums(
  rows: Float32Array,
  columns: number,
  reserve: (bytes: number) => Space,
): Promise<Float64Array> {
  const n = checkedRows(rows, columns);
  const step = sliceRows(columns, 8);
  const layout = new Layout();
  const sums = layout.take(columns * 8);
  const slice = layout.take(Math.min(n, step) * columns * 4);
  const space = reserve(layout.bytes);
  space.doubles(sums, columns).fill(0);
  for (let first = 0; first < n; first += step) {
    const count = Math.min(step, n - first);
    space.floats(slice, count * columns).set(rows.subarray(first * columns, (first + count) * columns));
    const calls = [{ kernel: "columnSums", args: [slice, count, columns, sums] }];
    space.runHere({ calls, items: columns, chunk: columns });
  }
  return Float64Array.from(space.doubles(sums, columns));
}

/** Σ (f − origin)(f − origin)ᵀ, [columns, columns]: float32 products of 128 rows, summed in float64. */
export async function scatter(
  rows: Float32Array,
  columns: number,
  origin: Float64Array,
  threads: number,
  reserve: (bytes: number) => Space,
): Promise<Float64Array> {
  const n = checkedRows(rows, columns);
  if (origin.length !== columns) throw new RangeError(`An origin of ${origin.length} for rows of ${columns}.`);
  const panelCount = Math.ceil(columns / 8);
  const side = panelCount * 8;
  const step = Math.min(sliceRows(columns, 128), Math.ceil(n / 128) * 128);
  const layout = new Layout();
  const centre = layout.take(columns * 8);
  const sums = layout.take(side * side * 8);
  const slice = layout.take(step * columns * 4);
  const panels = layout.take(step * side * 4);
  const scratch = Array.from({ length: threads }, () => layout.take(TILE_BYTES));
  const space = reserve(layout.bytes);
  space.doubles(centre, columns).set(origin);
  space.doubles(sums, side * side).fill(0);
  for (let first = 0; first < n; first += step) {
    const count = Math.min(step, n - first);
    space.floats(slice, count * columns).set(rows.subarray(first * columns, (first + count) * columns));
    const packing = {
      calls: [{ kernel: "packColumns", args: [slice, count, columns, centre, panels] }],
      items: count,
      chunk: chunkOf(count, threads),
    };
    const adding = (thread: number) => ({
      calls: [{ kernel: "scatter", args: [panels, count, panelCount, sums, scratch[thread] as number] }],
      items: panelCount,
      chunk: Math.ceil(panelCount / (8 * threads)),
    });
    if (count * side * side < 10_000_000) {
      space.runHere(packing);
      space.runHere(adding(0));
    } else {
      await space.runAll(() => packing);
      await space.runAll(adding);
    }
  }
  return mirrored(space.doubles(sums, side * side), side, columns);
}

/** The upper triangle of [side, side] on both sides of the diagonal: [columns, columns]. */
function mirrored(sums: Float64Array<ArrayBufferLike>, side: number, columns: number): Float64Array {
  const out = new Float64Array(columns * columns);
  for (let a = 0; a < columns; a++) {
    for (let b = a; b < columns; b++) {
      const value = sums[a * side + b] as number;
      out[a * columns + b] = value;
      out[b * columns + a] = value;
    }
  }
  return out;
}
