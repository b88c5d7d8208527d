import type { KernelLimits } from "../kernel.ts";

/** Depth of the tiles in workgroup memory: so many terms of every sum between two barriers. */
export const TILE_DEPTH = 16;

/** How a workgroup cuts its piece out of a matrix product [rows × depth] · [depth × columns]. */
export interface Tile {
  /** Rows and columns of the product that one workgroup computes. */
  readonly rows: number;
  readonly columns: number;
  /** Rows and columns that one thread keeps in registers, multiples of 4. */
  readonly threadRows: number;
  readonly threadColumns: number;
}

export interface GemmShape {
  readonly rows: number;
  readonly columns: number;
  /** Terms of each sum. */
  readonly depth: number;
  /** Whether the depth, too, may be divided among workgroups. */
  readonly splits: boolean;
}

/** Largest first. 8×8 values per thread need one load from workgroup memory per 16 multiply-adds, 4×4 one per 8. */
const tiles: readonly Tile[] = [
  { rows: 128, columns: 128, threadRows: 8, threadColumns: 8 },
  { rows: 128, columns: 64, threadRows: 8, threadColumns: 8 },
  { rows: 64, columns: 128, threadRows: 8, threadColumns: 8 },
  { rows: 64, columns: 64, threadRows: 8, threadColumns: 4 },
  { rows: 128, columns: 32, threadRows: 8, threadColumns: 4 },
  { rows: 64, columns: 32, threadRows: 8, threadColumns: 4 },
  { rows: 32, columns: 64, threadRows: 4, threadColumns: 8 },
  { rows: 128, columns: 16, threadRows: 8, threadColumns: 4 },
  { rows: 32, columns: 32, threadRows: 4, threadColumns: 4 },
  { rows: 64, columns: 16, threadRows: 4, threadColumns: 4 },
];

/** Threads that keep a large GPU busy (about 128 cores of 256 threads). WebGPU does not tell the number of cores. */
const BUSY_THREADS = 32_768;

/** Scratch that the partial sums of one split product may take. */
const SPLIT_BYTES = 64 * 2 ** 20;

/** A split that sums fewer terms than this costs more in partial sums than it wins. */
const SPLIT_DEPTH = 512;

export function tileThreads({ rows, columns, threadRows, threadColumns }: Tile): number {
  return (rows / threadRows) * (columns / threadColumns);
}

/** Bytes of workgroup memory: one tile of each operand. */
export function tileStorage({ rows, columns }: Tile): number {
  return (rows + columns) * TILE_DEPTH * 4;
}

/** Workgroups that cover the product once. */
export function tileCount({ rows, columns }: Pick<GemmShape, "rows" | "columns">, tile: Tile): number {
  return Math.ceil(rows / tile.rows) * Math.ceil(columns / tile.columns);
}

/** Tiles that a device with these limits can run. */
export function possibleTiles(limits: KernelLimits): readonly Tile[] {
  return tiles.filter(
    (tile) =>
      tileThreads(tile) <= limits.maxComputeInvocationsPerWorkgroup &&
      tileStorage(tile) <= limits.maxComputeWorkgroupStorageSize,
  );
}

/**
 * The tile with the least estimated time. The estimate is the work on padded tiles, dearer for tiles that load more
 * per multiply-add (from workgroup memory: small thread tiles; from buffers: small tiles), and dearer again where the
 * tiles are too few to keep the device busy.
 *
 * @throws RangeError if the device can run none; WebGPU's guaranteed limits allow all of them
 */
export function chooseTile(limits: KernelLimits, shape: GemmShape): Tile {
  let best: Tile | undefined;
  let least = Number.POSITIVE_INFINITY;
  for (const tile of possibleTiles(limits)) {
    const cost = estimate(tile, shape);
    if (cost < least) {
      least = cost;
      best = tile;
    }
  }
  if (best) return best;
  throw new RangeError(
    `No kernel tile fits this GPU: it allows ${limits.maxComputeInvocationsPerWorkgroup} threads and ` +
      `${limits.maxComputeWorkgroupStorageSize} bytes per workgroup; the smallest tile needs 64 and 4096.`,
  );
}

function estimate(tile: Tile, shape: GemmShape): number {
  const groups = tileCount(shape, tile);
  const loads = (4 / tile.threadRows + 4 / tile.threadColumns) / 2 + 16 / tile.rows + 16 / tile.columns;
  const threads = groups * tileThreads(tile) * chooseSplits(shape, tile);
  return groups * tile.rows * tile.columns * (1 + loads) * Math.max(1, BUSY_THREADS / threads);
}

/** Into how many parts the depth of a product is cut so that there is work for the whole device. */
export function chooseSplits(shape: GemmShape, tile: Tile): number {
  if (!shape.splits) return 1;
  const threads = tileCount(shape, tile) * tileThreads(tile);
  const wanted = Math.ceil((2 * BUSY_THREADS) / threads);
  const deep = Math.floor(shape.depth / SPLIT_DEPTH);
  const small = Math.floor(SPLIT_BYTES / (shape.rows * shape.columns * 4));
  return Math.max(1, Math.min(wanted, deep, small));
}
