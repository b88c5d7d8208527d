import { pack, TILE_BYTES } from "./headJob.ts";
import type { NeighbourBank } from "./kernels.ts";
import { checkedRows } from "./plain.ts";
import { sliceRows } from "./rowJob.ts";
import { Layout, type Space } from "./space.ts";

/** Bytes of the queries that a thread takes past the bank at once: they stay in its cache. */
const QUERY_BYTES = 192 << 10;
const MOST_QUERIES = 256;
/** Bytes of the candidates of a thread's queries. */
const CANDIDATE_BYTES = 4 << 20;

/** Where everything lies in a bank's memory. */
interface BankAddresses {
  readonly panels: number;
  /** Squared norms, float32, infinite beyond the last row. */
  readonly norms: number;
  /** Rows on their way in, and queries. */
  readonly staged: number;
  /** How many of them there is room for. */
  readonly staging: number;
  readonly stagedNorms: number;
  readonly out: number;
  /** By thread. */
  readonly scratch: readonly number[];
}

/** Copies the rows in and packs them. Throws RangeError where there is not so much memory. */
export async function openWasmBank(
  rows: Float32Array,
  columns: number,
  open: (bytes: number) => Space,
  threads: number,
): Promise<NeighbourBank> {
  const count = checkedRows(rows, columns);
  const padded = Math.ceil(count / 8) * 8;
  const staging = Math.max(sliceRows(columns, 8), threads * MOST_QUERIES);
  // Four queries with every row as a candidate is the most that a search may need.
  const scratchBytes = TILE_BYTES + 12 * MOST_QUERIES + Math.max(CANDIDATE_BYTES, 4 * 8 * (padded + 16));
  const layout = new Layout();
  const at: BankAddresses = {
    panels: layout.take(padded * columns * 4),
    norms: layout.take(padded * 4),
    staged: layout.take(staging * columns * 4),
    staging,
    stagedNorms: layout.take(staging * 8),
    out: layout.take(staging * 4),
    scratch: Array.from({ length: threads }, () => layout.take(scratchBytes)),
  };
  const space = open(layout.bytes);
  const norms = space.floats(at.norms, padded).fill(Number.POSITIVE_INFINITY);
  let largest = 0;
  for (let first = 0; first < count; first += staging) {
    const n = Math.min(staging, count - first);
    space.floats(at.staged, n * columns).set(rows.subarray(first * columns, (first + n) * columns));
    pack(space, at.staged, n, columns, at.panels + first * columns * 4);
    const calls = [{ kernel: "squaredNorms", args: [at.staged, columns, at.stagedNorms] }];
    space.runHere({ calls, items: n, chunk: n });
    const squares = space.doubles(at.stagedNorms, n);
    norms.set(squares, first);
    // Rows that are not finite are nobody's neighbours.
    for (const square of squares) if (square < Number.POSITIVE_INFINITY) largest = Math.max(largest, square);
  }
  return new WasmBank(count, columns, Math.sqrt(largest), at, space);
}

class WasmBank implements NeighbourBank {
  private last: Promise<unknown> = Promise.resolve();
  private space: Space | null;

  constructor(
    readonly count: number,
    private readonly columns: number,
    private readonly largest: number,
    private readonly at: BankAddresses,
    space: Space,
  ) {
    this.space = space;
  }

  async kthSquaredDistances(queries: Float32Array, k: number): Promise<Float32Array> {
    if (!(Number.isInteger(k) && k >= 1 && k <= this.count)) throw new RangeError(`k = ${k} of ${this.count} rows.`);
    checkedRows(queries, this.columns);
    const turn = this.last.then(() => this.search(queries, k));
    this.last = turn.catch(() => undefined);
    return turn;
  }

  dispose(): void {
    this.space?.close();
    this.space = null;
  }

  private async search(queries: Float32Array, k: number): Promise<Float32Array> {
    const { space, columns, at, count } = this;
    if (space === null) throw new Error("This bank was disposed.");
    const n = queries.length / columns;
    const room = Math.min(2 * k + 1024, Math.ceil(count / 8) * 8 + 16);
    const block = blockOf(columns, room);
    const out = new Float32Array(n);
    const { threads } = space;
    const step = Math.min(4 * threads * block, this.at.staging);
    for (let first = 0; first < n; first += step) {
      const some = Math.min(step, n - first);
      space.floats(at.staged, some * columns).set(queries.subarray(first * columns, (first + some) * columns));
      const task = (thread: number) => {
        const bank = [at.panels, at.norms, count, this.largest, k, room, block];
        const scratch = at.scratch[thread] as number;
        const calls = [
          { kernel: "squaredNorms", args: [at.staged, columns, at.stagedNorms] },
          { kernel: "nearest", args: [at.staged, columns, at.stagedNorms, ...bank, at.out, scratch] },
        ];
        // The last blocks are small where there are few queries, so that every thread has some.
        return { calls, items: some, chunk: Math.min(block, Math.ceil(some / (4 * threads)) * 4) };
      };
      if (some * count * columns < 10_000_000) space.runHere(task(0));
      else await space.runAll(task);
      out.set(space.floats(at.out, some), first);
    }
    return out;
  }
}

/** Queries of a block: a multiple of 4 that fits into the cache and whose candidates fit into their memory. */
function blockOf(columns: number, room: number): number {
  const fitting = Math.min(MOST_QUERIES, QUERY_BYTES / (4 * columns), CANDIDATE_BYTES / (8 * room));
  return Math.max(4, Math.floor(fitting / 4) * 4);
}
