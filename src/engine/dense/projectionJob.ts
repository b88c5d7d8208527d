import { pack, TILE_BYTES } from "./headJob.ts";
import type { OrthonormalSplit } from "./kernels.ts";
import type { RowJob } from "./rowJob.ts";

/**
 * Norms of projected rows: straight in float32 where the vectors projected on are the fewer, else in float64 by what
 * the complement leaves, which is less work than the projection itself. Throws RangeError where the basis does not fit.
 */
export function projectionJob(rows: Float32Array, columns: number, basis: OrthonormalSplit): RowJob {
  const { origin, vectors, kept } = basis;
  if (origin.length !== columns || vectors.length !== columns * columns) {
    throw new RangeError(`A basis of ${vectors.length} numbers around ${origin.length} for rows of ${columns}.`);
  }
  if (!(Number.isInteger(kept) && kept >= 0 && kept < columns)) {
    throw new RangeError(`${kept} vectors of the complement of ${columns} leave none to project on.`);
  }
  return columns - kept <= kept ? direct(rows, columns, basis) : byComplement(rows, columns, basis);
}

function direct(rows: Float32Array, columns: number, { origin, vectors, kept }: OrthonormalSplit): RowJob {
  const m = columns - kept;
  const panelCount = Math.ceil(m / 8);
  let panels = 0;
  let centre = 0;
  return {
    ...{ rows, columns, width: 1, scratchBytes: TILE_BYTES, cost: (m * columns) / 20 },
    place: (layout) => {
      panels = layout.take(panelCount * columns * 32);
      centre = layout.take(columns * 8);
      const plain = layout.take(m * columns * 4);
      return (space) => {
        space.doubles(centre, columns).set(origin);
        space.floats(plain, m * columns).set(vectors.subarray(kept * columns));
        pack(space, plain, m, columns, panels);
      };
    },
    calls: (at) => [
      { kernel: "centreRows", args: [at.rows, columns, centre] },
      { kernel: "projectDirectly", args: [at.rows, columns, panels, m, at.out, at.scratch] },
    ],
  };
}

function byComplement(rows: Float32Array, columns: number, { origin, vectors, kept }: OrthonormalSplit): RowJob {
  const m = columns - kept;
  const panelCount = Math.ceil(kept / 4);
  let panels = 0;
  let others = 0;
  let centre = 0;
  return {
    ...{ rows, columns, width: 1, scratchBytes: 32 * columns, cost: ((kept + 4) * columns) / 10 },
    place: (layout) => {
      panels = layout.take(panelCount * columns * 32);
      others = layout.take(m * columns * 8);
      centre = layout.take(columns * 8);
      return (space) => {
        space.doubles(centre, columns).set(origin);
        space.doubles(others, m * columns).set(vectors.subarray(kept * columns));
        packFours(vectors, kept, columns, space.doubles(panels, panelCount * columns * 4));
      };
    },
    calls: (at) => {
      const operands = [centre, panels, kept, others, m];
      return [{ kernel: "projectByComplement", args: [at.rows, columns, ...operands, at.out, at.scratch] }];
    },
  };
}

/** Panels [ceil(n / 4)][columns][4] of the first n rows, zeros beyond them. */
function packFours(rows: Float64Array, n: number, columns: number, panels: Float64Array<ArrayBufferLike>): void {
  panels.fill(0);
  for (let row = 0; row < n; row++) {
    let to = (row >> 2) * columns * 4 + (row & 3);
    for (let c = row * columns; c < (row + 1) * columns; c++) {
      panels[to] = rows[c] as number;
      to += 4;
    }
  }
}
