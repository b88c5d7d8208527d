import { type KernelSource, repeat } from "../wgsl.ts";
import { TILE_DEPTH, type Tile, tileThreads } from "./tile.ts";

/** How an operand lies in memory: contiguous along its rows (columns, for B), or along the terms of the sum. */
export type Contiguous = "free" | "terms";

/**
 * The tiled matrix product that the three convolution kernels share. A workgroup computes `rows × columns` values. It
 * brings a slice of both operands, TILE_DEPTH terms deep, into workgroup memory as vec4 along the rows (tileA) and the
 * columns (tileB); then every thread multiplies `threadRows` by `threadColumns` of them in registers. While it does,
 * the next slice is already on its way into registers, as blocks of 4×4 values.
 *
 * The kernel that uses it declares in WGSL what the operands are:
 * - `struct Task { row: u32, rowEnd: u32, column: u32, depth: u32, depthEnd: u32, … }` and `taskOf(group) -> Task`:
 *   the workgroup's first row and column, the end of all rows, the range of terms; rowEnd = 0 means "nothing to do";
 * - `placeA(task, row) -> PlaceA`: what can be known before the loop about four rows; `placeB(task, column) -> PlaceB`;
 * - `fetchA(task, place, depth) -> mat4x4f`: four terms of four rows, zero where there is no row or term. The matrix
 *   has what is contiguous in memory in its columns. `fetchB` likewise for four columns;
 * - `outputRow(task, row) -> u32`: where an existing row is written; `store(at, quad, value)`: writes the columns
 *   4·quad … 4·quad + 3 of it;
 * - `const COLUMN_QUADS`: how many quads of columns the product has.
 */
export function gemm(
  tile: Tile,
  contiguous: { readonly a: Contiguous; readonly b: Contiguous },
  declarations: string,
): Pick<KernelSource, "threads" | "declarations" | "main"> {
  const threads = tileThreads(tile);
  const transfers = planTransfers(tile, contiguous, threads);
  const lanes = tile.columns / tile.threadColumns;
  const fetch = (depth: string) =>
    each(transfers, (t) => `block${t.round} = fetch${t.operand}(task, place${t.id}, ${depth} + depth${t.id});`);
  return {
    threads,
    declarations: `${declarations}
var<workgroup> tileA: array<vec4f, ${(TILE_DEPTH * tile.rows) / 4}>;
var<workgroup> tileB: array<vec4f, ${(TILE_DEPTH * tile.columns) / 4}>;
`,
    main: `
  let task = taskOf(group);
  if (task.rowEnd == 0u) { return; }
  let across = thread % ${lanes}u;
  let down = thread / ${lanes}u;
${transfers.map(place).join("\n")}
${repeat(1 + Math.max(...transfers.map(({ round }) => round)), (round) => `  var block${round} = mat4x4f();`)}
${repeat(tile.threadRows, (row) => repeat(tile.threadColumns / 4, (quad) => `  var sum${row}_${quad} = vec4f();`))}

  ${fetch("task.depth")}
  for (var depth = task.depth; depth < task.depthEnd; depth += ${TILE_DEPTH}u) {
    workgroupBarrier();
    ${each(transfers, toWorkgroupMemory)}
    workgroupBarrier();
    ${fetch(`depth + ${TILE_DEPTH}u`)}
    for (var term = 0u; term < ${TILE_DEPTH}u; term += 4u) {
      let slotA = down ^ (${swizzle(contiguous.a, tile.rows / 4, "term")});
      let slotB = across ^ (${swizzle(contiguous.b, tile.columns / 4, "term")});
${repeat(4, (step) => multiply(tile, step))}
    }
  }
${repeat(tile.threadRows, (row) => storeRow(tile, row))}`,
  };
}

/** A range of threads that, in one round, bring one 4×4 block each of one operand into the tile. */
interface Transfer {
  readonly id: string;
  readonly operand: "A" | "B";
  readonly round: number;
  /** WGSL: which threads take part; empty = all. */
  readonly condition: string;
  /** WGSL: number of the block, counted within the operand. */
  readonly block: string;
  readonly contiguous: Contiguous;
  /** Quads of rows, or columns, in the tile. */
  readonly quads: number;
}

/**
 * WGSL: what the numbers of the quads are XORed with, in the tile, at `depth`, a multiple of 4. Neighbouring threads
 * bring an operand that is contiguous along the terms four depths at a time; in plain order the four would lie in the
 * same banks of workgroup memory (8 vec4 wide) and be stored one after the other.
 */
function swizzle(contiguous: Contiguous, quads: number, depth: string): string {
  if (contiguous === "free") return "0u";
  return quads < 8 ? `${depth} / 4u` : `${depth} / 2u`;
}

/** A tile has as many blocks as rows and columns, since it is four blocks deep. A's blocks come first. */
function planTransfers(tile: Tile, contiguous: { a: Contiguous; b: Contiguous }, threads: number): Transfer[] {
  const transfers: Transfer[] = [];
  const operands = [
    { operand: "A", from: 0, to: tile.rows, contiguous: contiguous.a },
    { operand: "B", from: tile.rows, to: tile.rows + tile.columns, contiguous: contiguous.b },
  ] as const;
  for (let round = 0; round * threads < tile.rows + tile.columns; round++) {
    for (const { operand, from, to, contiguous } of operands) {
      const first = Math.max(0, from - round * threads);
      const end = Math.min(threads, to - round * threads);
      if (first >= end) continue;
      const after = first > 0 ? [`thread >= ${first}u`] : [];
      const before = end < threads ? [`thread < ${end}u`] : [];
      const shift = round * threads - from;
      transfers.push({
        id: `${operand}${round}`,
        operand,
        round,
        condition: [...after, ...before].join(" && "),
        block: shift < 0 ? `thread - ${-shift}u` : `thread + ${shift}u`,
        contiguous,
        quads: (to - from) / 4,
      });
    }
  }
  return transfers;
}

function each(transfers: readonly Transfer[], make: (transfer: Transfer) => string): string {
  return transfers
    .map((transfer) => (transfer.condition ? `if (${transfer.condition}) { ${make(transfer)} }` : make(transfer)))
    .join("\n    ");
}

/** Neighbouring threads take blocks that are neighbours in memory. */
function place({ id, operand, block, contiguous, quads }: Transfer): string {
  const [quad, depth] =
    contiguous === "terms" ? ["block / 4u", "block % 4u"] : [`block % ${quads}u`, `block / ${quads}u`];
  const start = operand === "A" ? "task.row" : "task.column";
  return `  let quad${id} = ${quad.replace("block", `(${block})`)};
  let depth${id} = 4u * (${depth.replace("block", `(${block})`)});
  let slot${id} = quad${id} ^ (${swizzle(contiguous, quads, `depth${id}`)});
  let place${id} = place${operand}(task, ${start} + 4u * quad${id});`;
}

function toWorkgroupMemory({ id, operand, round, contiguous, quads }: Transfer): string {
  const block = contiguous === "terms" ? `transpose(block${round})` : `block${round}`;
  const stores = repeat(4, (i) => `tile${operand}[(depth${id} + ${i}u) * ${quads}u + slot${id}] = terms${id}[${i}];`);
  return `let terms${id} = ${block};\n    ${stores.replaceAll("\n", "\n    ")}`;
}

/**
 * One term of all sums of a thread. Its rows and columns are spread over the tile so that a load has no conflicts: each
 * further quad is a multiple of 8 away, which the swizzle of the first one leaves alone.
 */
function multiply(tile: Tile, step: number): string {
  const load = (operand: string, count: number, lane: string, lanes: number, quads: number) =>
    repeat(
      count,
      (i) =>
        `        let ${operand.toLowerCase()}${i} = tile${operand}[(term + ${step}u) * ${quads}u + ${lane} + ${i * lanes}u];`,
    );
  const products = repeat(tile.threadRows, (row) =>
    repeat(tile.threadColumns / 4, (quad) => {
      const factor = `vec4f(a${Math.floor(row / 4)}.${"xyzw"[row % 4]})`;
      return `        sum${row}_${quad} = fma(${factor}, b${quad}, sum${row}_${quad});`;
    }),
  );
  return `      {
${load("A", tile.threadRows / 4, "slotA", tile.rows / tile.threadRows, tile.rows / 4)}
${load("B", tile.threadColumns / 4, "slotB", tile.columns / tile.threadColumns, tile.columns / 4)}
${products}
      }`;
}

function storeRow(tile: Tile, row: number): string {
  const quad = `down + ${Math.floor(row / 4) * (tile.rows / tile.threadRows)}u`;
  const column = (i: number) => `task.column / 4u + across + ${(i * tile.columns) / tile.threadColumns}u`;
  return `  {
    let row = task.row + 4u * (${quad}) + ${row % 4}u;
    if (row < task.rowEnd) {
      let at = outputRow(task, row);
${repeat(tile.threadColumns / 4, (i) => `      if (${column(i)} < COLUMN_QUADS) { store(at, ${column(i)}, sum${row}_${i}); }`)}
    }
  }`;
}
