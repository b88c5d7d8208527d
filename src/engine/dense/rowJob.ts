import { checkedRows } from "./plain.ts";
import { Layout, type Space } from "./space.ts";
import type { KernelCall } from "./threadProtocol.ts";

/** Bytes of rows that are copied in and computed at a time: they fit into a cache, and messages are rare. */
export const SLICE_BYTES = 4 << 20;

/** What a call that pays a message to another thread must save, in nanoseconds of one thread. */
const WORTH_A_MESSAGE = 1_000_000;

/** Rows of a slice: a multiple of `unit`, at least one. */
export function sliceRows(columns: number, unit: number): number {
  return Math.max(unit, Math.floor(SLICE_BYTES / (4 * columns) / unit) * unit);
}

/** Where the operands of a job lie. */
export interface SliceAddresses {
  readonly rows: number;
  readonly out: number;
  /** This thread's. */
  readonly scratch: number;
}

/** Work on each row of a matrix by itself. */
export interface RowJob {
  readonly rows: Float32Array;
  readonly columns: number;
  /** Numbers out of each row. */
  readonly width: number;
  /** Nanoseconds a row on one thread, about. */
  readonly cost: number;
  readonly scratchBytes: number;
  /** Takes room for operands that all rows share and fills it; resolved before `calls`. */
  place(layout: Layout): (space: Space) => void;
  /** The kernels that each row of a slice goes through. */
  calls(at: SliceAddresses): readonly KernelCall[];
}

/**
 * Runs a job slice by slice: [rows, width].
 *
 * @param reserve gives a memory of at least so many bytes, with nothing in it that must be kept
 */
export async function runRows(job: RowJob, threads: number, reserve: (bytes: number) => Space): Promise<Float32Array> {
  const { rows, columns, width } = job;
  const n = checkedRows(rows, columns);
  const out = new Float32Array(n * width);
  const step = Math.min(n, sliceRows(Math.max(columns, width), 8));
  const layout = new Layout();
  const fill = job.place(layout);
  const at = { rows: layout.take(step * columns * 4), out: layout.take(step * width * 4) };
  const scratch = Array.from({ length: threads }, () => layout.take(job.scratchBytes));
  const space = reserve(layout.bytes);
  fill(space);
  const small = n * job.cost < WORTH_A_MESSAGE;
  for (let first = 0; first < n; first += step) {
    const count = Math.min(step, n - first);
    space.floats(at.rows, count * columns).set(rows.subarray(first * columns, (first + count) * columns));
    const task = (thread: number, chunk: number) => ({
      calls: job.calls({ ...at, scratch: scratch[thread] as number }),
      items: count,
      chunk,
    });
    if (small) space.runHere(task(0, count));
    else await space.runAll((thread) => task(thread, chunkOf(count, threads)));
    out.set(space.floats(at.out, count * width), first * width);
  }
  return out;
}

/** Items taken at a time, a multiple of 8: four chunks a thread even out what the threads differ in speed. */
export function chunkOf(items: number, threads: number): number {
  return Math.ceil(items / (32 * threads)) * 8;
}
