import { afterAll, describe, expect, test } from "vitest";
import { Stream } from "../../random/stream.ts";
import type { DenseKernels } from "./kernels.ts";
import { openNodeDenseKernels } from "./node/open.ts";
import { plainKernels } from "./plain.ts";
import { normals, orthonormal, strayModels } from "./testing/matrices.ts";

const open = (reproducible: boolean, threads: number) => openNodeDenseKernels({ reproducible, threads });
const builds = [
  { variant: "simd", one: await open(true, 1), two: await open(true, 2) },
  { variant: "relaxed", one: await open(false, 1), two: await open(false, 2) },
] as const;
afterAll(() => {
  for (const { one, two } of builds) for (const kernels of [one, two]) kernels.dispose();
});

const inf = Number.POSITIVE_INFINITY;
const ROWS = [0, 1, 3, 1000];
const COLUMNS = [1, 3, 10, 64, 100, 513];

/** |a − b| ≤ absolute + relative · |b| everywhere. */
function near(a: ArrayLike<number>, b: ArrayLike<number>, relative: number, absolute: number, what: string): void {
  expect(a.length, what).toBe(b.length);
  for (let i = 0; i < a.length; i++) {
    const wanted = b[i] as number;
    if (a[i] === wanted) continue;
    if (!(Math.abs((a[i] as number) - wanted) <= absolute + relative * Math.abs(wanted))) {
      expect.fail(`${what}, entry ${i}: ${a[i]}, not ${wanted}`);
    }
  }
}

interface Bound {
  readonly relative: number;
  readonly absolute: (columns: number) => number;
}

/** The first entry whose bits are others; −1 where there is none. */
function differs(a: ArrayLike<number>, b: ArrayLike<number>): number {
  if (a.length !== b.length) return Math.min(a.length, b.length);
  for (let i = 0; i < a.length; i++) if (!Object.is(a[i], b[i])) return i;
  return -1;
}

/** log d of random templates whose entries are above 0 with the probability `kept`. */
function logTemplates(count: number, columns: number, kept: number): Float32Array {
  const stream = new Stream(3, `templates ${columns} ${kept}`);
  const logs = new Float32Array(count * columns);
  for (let first = 0; first < logs.length; first += columns) {
    const own = logs.subarray(first, first + columns);
    for (let k = 0; k < columns; k++) own[k] = stream.uniform() < kept ? Math.log(stream.uniform() / columns) : -inf;
  }
  return logs;
}

/** One thread against plain, two threads against one. */
async function same(
  { one, two }: (typeof builds)[number],
  call: (kernels: DenseKernels) => Promise<Float32Array | Float64Array>,
  { relative, absolute }: Bound,
  columns: number,
  what: string,
): Promise<void> {
  const result = await call(one);
  near(result, await call(plainKernels), relative, absolute(columns), what);
  expect(differs(await call(two), result), `${what}, two threads`).toBe(-1);
}

/** float64 inside, rounded once or twice. */
const rounded: Bound = { relative: 2e-7, absolute: () => 1e-7 };
/** Sums of products in float32 of entries around 1. */
const products: Bound = { relative: 1e-6, absolute: (columns) => 1e-6 * Math.sqrt(columns) };

describe.each(builds)("the $variant kernels give what plain loops give, on one thread and two", (build) => {
  test("says which it is", () => {
    expect([build.one.variant, build.one.threads, build.two.threads]).toEqual([build.variant, 1, 2]);
  });

  test.each(ROWS.flatMap((n) => COLUMNS.map((columns) => [n, columns] as const)))("%i × %i", async (n, columns) => {
    const rows = normals(`rows ${n} ${columns}`, n * columns, 3);
    const origin = Float64Array.from(normals(`origin ${columns}`, columns));
    const classes = columns === 1 ? 1 : 10;
    const head = { weight: normals("weight", classes * columns, 0.1), bias: normals("bias", classes) };
    const checks: [string, Bound, (kernels: DenseKernels) => Promise<Float32Array | Float64Array>][] = [
      ["rowMaxima", { relative: 0, absolute: () => 0 }, (k) => k.rowMaxima(rows, columns)],
      ["logSumExp", rounded, (k) => k.logSumExp(rows, columns, 1)],
      ["logSumExp T=1000", rounded, (k) => k.logSumExp(rows, columns, 1000)],
      ["topProbability", rounded, (k) => k.topProbability(rows, columns, 1.5)],
      ["softmax", rounded, (k) => k.softmax(rows, columns)],
      ["templateMatch", products, (k) => k.templateMatch(rows, columns, logTemplates(7, columns, 1))],
      ["templateMatch, zeros", products, (k) => k.templateMatch(rows, columns, logTemplates(7, columns, 0.9))],
      ["openMax", rounded, (k) => k.openMax(rows, columns, strayModels(columns), Math.min(3, columns), "max")],
      ["openMax, known", rounded, (k) => k.openMax(rows, columns, strayModels(columns), columns, "known")],
      ["absoluteSums", rounded, (k) => k.absoluteSums(rows, columns)],
      ["columnSums", { relative: 1e-12, absolute: () => 1e-10 }, (k) => k.columnSums(rows, columns)],
      ["headLogits", products, (k) => k.headLogits(rows, columns, head, inf)],
      ["headLogits clipped", products, (k) => k.headLogits(rows, columns, head, 0.5)],
    ];
    // Plain loops take their time.
    if (n * columns < 200_000) {
      const ofLargest = { relative: 0, absolute: () => 1e-6 * n * 9 };
      checks.push(["scatter", ofLargest, (k) => k.scatter(rows, columns, origin)]);
    }
    for (const [what, bound, call] of checks) await same(build, call, bound, columns, what);
  });

  test.each([3, 10, 64, 130].flatMap((d) => [0, 1, Math.floor(d / 3), d - 1].map((kept) => [d, kept] as const)))(
    "projected norms of %i columns, %i kept",
    async (columns, kept) => {
      const origin = Float64Array.from(normals("centre", columns));
      const basis = { origin, vectors: orthonormal(`basis ${columns}`, columns), kept };
      for (const n of ROWS) {
        const rows = normals(`projected ${n} ${columns}`, n * columns);
        await same(build, (k) => k.projectedNorms(rows, columns, basis), products, columns, `${n} rows`);
      }
    },
  );

  test("projected norms where almost nothing is left", async () => {
    const columns = 64;
    const basis = { origin: new Float64Array(columns), vectors: orthonormal("rest", columns), kept: 10 };
    // In the complement but for the rounding to float32: no digit of a difference of squares is left.
    const rows = Float32Array.from(basis.vectors.subarray(0, 10 * columns), (value) => value * 1000);
    const found = await build.one.projectedNorms(rows, columns, basis);
    near(found, await plainKernels.projectedNorms(rows, columns, basis), 1e-6, 0, "rest");
    expect(Math.max(...found)).toBeLessThan(1e-3);
  });

  test.each([1, 3, 64, 513].flatMap((columns) => [1, 5, 1000].map((n) => [n, columns] as const)))(
    "the K-th nearest of %i rows of %i columns",
    async (n, columns) => {
      const rows = normals(`bank ${n} ${columns}`, n * columns);
      const queries = normals(`queries ${columns}`, 37 * columns);
      for (const k of new Set([1, Math.min(n, 50), n])) {
        const search = async (kernels: DenseKernels) => {
          const bank = await kernels.openBank(rows, columns);
          expect(bank.count).toBe(n);
          const found = await bank.kthSquaredDistances(queries, k);
          bank.dispose();
          return found;
        };
        await same(build, search, { relative: 2e-7, absolute: () => 1e-12 }, columns, `K = ${k}`);
      }
    },
  );
});
