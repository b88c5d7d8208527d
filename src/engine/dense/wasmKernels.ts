import { openWasmBank } from "./bank.ts";
import { headJob } from "./headJob.ts";
import { type HelperPort, Helpers } from "./helpers.ts";
import type { DenseKernels, Head, NeighbourBank, OrthonormalSplit, StrayModels } from "./kernels.ts";
import { openMaxJob } from "./openMaxJob.ts";
import { checkedRows } from "./plain.ts";
import { blockBytes } from "./powerBlock.ts";
import { projectionJob } from "./projectionJob.ts";
import { type RowJob, runRows } from "./rowJob.ts";
import { Space } from "./space.ts";
import { columnSums, scatter } from "./sums.ts";
import { templateJob } from "./templateJob.ts";

/** Which build of the kernels: with fused multiply–add where the processor has it, or with plain SIMD. */
export type Variant = "relaxed" | "simd";

/** The memory that calls without a bank work in; larger only where operands are, from about 1,000 columns on. */
const ARENA_BYTES = 16 << 20;

/**
 * The kernels in WebAssembly. Calls run one after the other; those of a bank beside them. The calling thread does its
 * share of the work in pieces of some ten milliseconds (nearest neighbours: a tenth of a second).
 *
 * Memory: 16 MB, with many columns more, below 64 MB up to 2,048; and for each open bank its rows, some 6 MB, and 4 MB
 * a thread.
 */
export class WasmDenseKernels implements DenseKernels {
  private readonly helpers: Helpers;
  private arena: Space | null = null;
  private last: Promise<unknown> = Promise.resolve();

  /** @param spawn starts a helper; null where a shared memory cannot be posted, and then `threads` must be 1 */
  constructor(
    readonly variant: Variant,
    readonly threads: number,
    private readonly module: WebAssembly.Module,
    spawn: (() => HelperPort) | null,
  ) {
    if (!Number.isInteger(threads) || threads < 1 || threads > 64) {
      throw new RangeError(`Kernel threads are an integer from 1 to 64, not ${threads}.`);
    }
    if (threads > 1 && spawn === null) {
      throw new Error(`${threads} kernel threads were asked for, but none can be started.`);
    }
    this.helpers = new Helpers(threads - 1, spawn);
  }

  rowMaxima(rows: Float32Array, columns: number): Promise<Float32Array> {
    return this.reduce(rows, columns, 0.5, "rowMaxima");
  }

  logSumExp(logits: Float32Array, columns: number, temperature: number): Promise<Float32Array> {
    return this.energies(logits, columns, temperature, 0);
  }

  topProbability(logits: Float32Array, columns: number, temperature: number): Promise<Float32Array> {
    return this.energies(logits, columns, temperature, 1);
  }

  absoluteSums(rows: Float32Array, columns: number): Promise<Float32Array> {
    return this.reduce(rows, columns, 0.3, "absoluteSums");
  }

  softmax(logits: Float32Array, columns: number): Promise<Float32Array> {
    return this.rows({
      ...{ rows: logits, columns, width: columns, cost: 2 * columns, scratchBytes: blockBytes(columns, 1) },
      place: () => () => {},
      calls: ({ rows, out, scratch }) => [{ kernel: "softmax", args: [rows, columns, out, scratch] }],
    });
  }

  templateMatch(logits: Float32Array, columns: number, logTemplates: Float32Array): Promise<Float32Array> {
    return this.rows(templateJob(logits, columns, logTemplates));
  }

  openMax(
    logits: Float32Array,
    columns: number,
    models: StrayModels,
    alpha: number,
    confidence: "max" | "known",
  ): Promise<Float32Array> {
    return this.rows(openMaxJob(logits, columns, models, alpha, confidence));
  }

  headLogits(features: Float32Array, featureDim: number, head: Head, ceiling: number): Promise<Float32Array> {
    return this.rows(headJob(features, featureDim, head, ceiling));
  }

  projectedNorms(rows: Float32Array, columns: number, basis: OrthonormalSplit): Promise<Float32Array> {
    return this.rows(projectionJob(rows, columns, basis));
  }

  columnSums(rows: Float32Array, columns: number): Promise<Float64Array> {
    return this.inTurn(() => columnSums(rows, columns, (bytes) => this.reserve(bytes)));
  }

  scatter(rows: Float32Array, columns: number, origin: Float64Array): Promise<Float64Array> {
    return this.inTurn(() => scatter(rows, columns, origin, this.threads, (bytes) => this.reserve(bytes)));
  }

  openBank(rows: Float32Array, columns: number): Promise<NeighbourBank> {
    return this.inTurn(() =>
      openWasmBank(rows, columns, (bytes) => new Space(bytes, this.module, this.helpers), this.threads),
    );
  }

  dispose(): void {
    this.helpers.stop(new Error("These kernels were disposed."));
    this.arena = null;
  }

  private energies(
    rows: Float32Array,
    columns: number,
    temperature: number,
    probability: 0 | 1,
  ): Promise<Float32Array> {
    return this.rows({
      ...{ rows, columns, width: 1, cost: columns, scratchBytes: blockBytes(columns, 1) },
      place: () => () => {},
      calls: (at) => [{ kernel: "energies", args: [at.rows, columns, temperature, probability, at.out, at.scratch] }],
    });
  }

  /** One number out of each row; `cost` in nanoseconds an entry. */
  private reduce(rows: Float32Array, columns: number, cost: number, kernel: string): Promise<Float32Array> {
    return this.rows({
      ...{ rows, columns, width: 1, cost: cost * columns, scratchBytes: 0 },
      place: () => () => {},
      calls: (at) => [{ kernel, args: [at.rows, columns, at.out] }],
    });
  }

  private rows(job: RowJob): Promise<Float32Array> {
    checkedRows(job.rows, job.columns);
    return this.inTurn(() => runRows(job, this.threads, (bytes) => this.reserve(bytes)));
  }

  private reserve(bytes: number): Space {
    if (this.helpers.failure) throw this.helpers.failure;
    if (this.arena === null || this.arena.bytes < bytes) {
      this.arena?.close();
      this.arena = new Space(Math.max(bytes, ARENA_BYTES), this.module, this.helpers);
    }
    return this.arena;
  }

  private inTurn<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.last.then(work);
    this.last = turn.catch(() => undefined);
    return turn;
  }
}
