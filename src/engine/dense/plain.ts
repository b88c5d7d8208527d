import { exactExp, exactLog } from "../../random/exactMath.ts";
import { checkedTemplates, checkModels } from "./checks.ts";
import type { DenseKernels, Head, NeighbourBank, OrthonormalSplit } from "./kernels.ts";
import { largest, logSumExp, shiftedSum, topProbability } from "./logSumExp.ts";
import { kthNearest } from "./nearest.ts";
import { openMax } from "./openMax.ts";

/** The kernels as float64 loops on the calling thread: what the fast ones are compared with, and enough for tests. */
export const plainKernels: DenseKernels = {
  variant: "plain",
  threads: 1,
  rowMaxima: async (rows, columns) => perRow(rows, columns, (at) => largest(rows, at, columns)),
  logSumExp: async (logits, columns, temperature) =>
    perRow(logits, columns, (at) => logSumExp(logits, at, columns, temperature)),
  topProbability: async (logits, columns, temperature) =>
    perRow(logits, columns, (at) => topProbability(logits, at, columns, temperature)),
  softmax: async (logits, columns) => {
    const out = new Float32Array(logits.length);
    for (let at = 0; at < checkedRows(logits, columns) * columns; at += columns) {
      const top = largest(logits, at, columns);
      const sum = shiftedSum(logits, at, columns, top, 1);
      for (let k = at; k < at + columns; k++) out[k] = exactExp((logits[k] as number) - top) / sum;
    }
    return out;
  },
  templateMatch: async (logits, columns, logTemplates) => templateMatch(logits, columns, logTemplates),
  openMax: async (logits, columns, models, alpha, confidence) => {
    checkModels(models, columns, alpha);
    return perRow(logits, columns, (at) => openMax(logits, at, columns, models, alpha, confidence));
  },
  absoluteSums: async (rows, columns) =>
    perRow(rows, columns, (at) => {
      let sum = 0;
      for (let k = at; k < at + columns; k++) sum += Math.abs(rows[k] as number);
      return sum;
    }),
  columnSums: async (rows, columns) => {
    const sums = new Float64Array(columns);
    for (let at = 0; at < checkedRows(rows, columns) * columns; at += columns) {
      for (let k = 0; k < columns; k++) sums[k] = (sums[k] as number) + (rows[at + k] as number);
    }
    return sums;
  },
  headLogits: async (features, featureDim, head, ceiling) => headLogits(features, featureDim, head, ceiling),
  scatter: async (rows, columns, origin) => scatter(rows, columns, origin),
  projectedNorms: async (rows, columns, basis) => projectedNorms(rows, columns, basis),
  openBank: async (rows, columns) => openBank(rows, columns),
  dispose: () => {},
};

/** Rows of `columns` entries in a matrix. Throws RangeError where it does not divide. */
export function checkedRows(rows: Float32Array, columns: number): number {
  if (!Number.isInteger(columns) || columns < 1 || rows.length % columns !== 0) {
    throw new RangeError(`${rows.length} numbers do not divide into rows of ${columns}.`);
  }
  return rows.length / columns;
}

function perRow(rows: Float32Array, columns: number, value: (offset: number) => number): Float32Array {
  const out = new Float32Array(checkedRows(rows, columns));
  for (let i = 0; i < out.length; i++) out[i] = value(i * columns);
  return out;
}

function templateMatch(logits: Float32Array, columns: number, logTemplates: Float32Array): Float32Array {
  const templates = checkedTemplates(logTemplates, columns);
  return perRow(logits, columns, (at) => {
    const top = largest(logits, at, columns);
    const sum = shiftedSum(logits, at, columns, top, 1);
    let best = Number.NEGATIVE_INFINITY;
    for (let t = 0; t < templates; t++) {
      let match = exactLog(sum);
      for (let k = 0; k < columns; k++) {
        const below = (logits[at + k] as number) - top;
        const p = exactExp(below) / sum;
        if (Math.fround(p) !== 0) match += p * ((logTemplates[t * columns + k] as number) - below);
      }
      best = Math.max(best, match);
    }
    return best;
  });
}

function headLogits(features: Float32Array, dim: number, { weight, bias }: Head, ceiling: number): Float32Array {
  const n = checkedRows(features, dim);
  const classes = bias.length;
  if (weight.length !== classes * dim) {
    throw new RangeError(`${weight.length} weights for ${classes} classes of ${dim} features.`);
  }
  const out = new Float32Array(n * classes);
  for (let i = 0; i < n; i++) {
    for (let k = 0; k < classes; k++) {
      let sum = bias[k] as number;
      for (let j = 0; j < dim; j++) {
        sum += Math.min(features[i * dim + j] as number, ceiling) * (weight[k * dim + j] as number);
      }
      out[i * classes + k] = sum;
    }
  }
  return out;
}

function scatter(rows: Float32Array, columns: number, origin: Float64Array): Float64Array {
  const n = checkedRows(rows, columns);
  const sums = new Float64Array(columns * columns);
  const centred = new Float64Array(columns);
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < columns; j++) centred[j] = (rows[i * columns + j] as number) - (origin[j] as number);
    for (let a = 0; a < columns; a++) {
      for (let b = a; b < columns; b++) {
        const at = a * columns + b;
        sums[at] = (sums[at] as number) + (centred[a] as number) * (centred[b] as number);
      }
    }
  }
  for (let a = 0; a < columns; a++) {
    for (let b = 0; b < a; b++) sums[a * columns + b] = sums[b * columns + a] as number;
  }
  return sums;
}

function projectedNorms(rows: Float32Array, columns: number, basis: OrthonormalSplit): Float32Array {
  const { origin, vectors, kept } = basis;
  return perRow(rows, columns, (at) => {
    let squares = 0;
    for (let v = kept; v < columns; v++) {
      let dot = 0;
      for (let j = 0; j < columns; j++) {
        dot += ((rows[at + j] as number) - (origin[j] as number)) * (vectors[v * columns + j] as number);
      }
      squares += dot * dot;
    }
    return Math.sqrt(squares);
  });
}

function openBank(rows: Float32Array, columns: number): NeighbourBank {
  const bank = Float64Array.from(rows);
  const count = checkedRows(rows, columns);
  return {
    count,
    kthSquaredDistances: async (queries, k) => {
      if (!(Number.isInteger(k) && k >= 1 && k <= count)) throw new RangeError(`k = ${k} of ${count} rows.`);
      checkedRows(queries, columns);
      return Float32Array.from(kthNearest(Float64Array.from(queries), bank, columns, k));
    },
    dispose: () => {},
  };
}
