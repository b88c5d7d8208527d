import fc from "fast-check";
import { afterAll, describe, expect, test } from "vitest";
import { openNodeDenseKernels } from "./node/open.ts";
import { plainKernels } from "./plain.ts";
import { normals, orthonormal, strayModels } from "./testing/matrices.ts";

const kernels = await openNodeDenseKernels({ reproducible: true, threads: 1 });
const helped = await openNodeDenseKernels({ reproducible: true, threads: 3 });
afterAll(() => {
  kernels.dispose();
  helped.dispose();
});

describe("NaN in a row is NaN for that row and for no other", () => {
  const columns = 13;
  const rows = normals("nan", 9 * columns);
  rows[4 * columns + 7] = Number.NaN;
  const zero = new Float64Array(columns);
  const vectors = orthonormal("nan basis", columns);
  const head = { weight: normals("nan head", 3 * columns), bias: new Float32Array(3) };
  const perRow = {
    rowMaxima: () => kernels.rowMaxima(rows, columns),
    logSumExp: () => kernels.logSumExp(rows, columns, 2),
    topProbability: () => kernels.topProbability(rows, columns, 1),
    softmax: () => kernels.softmax(rows, columns),
    templateMatch: () => kernels.templateMatch(rows, columns, normals("nan templates", 3 * columns)),
    openMax: () => kernels.openMax(rows, columns, strayModels(columns), 3, "max"),
    "openMax, known": () => kernels.openMax(rows, columns, strayModels(columns), 13, "known"),
    absoluteSums: () => kernels.absoluteSums(rows, columns),
    headLogits: () => kernels.headLogits(rows, columns, head, 0.1),
    "projectedNorms, direct": () => kernels.projectedNorms(rows, columns, { origin: zero, vectors, kept: 10 }),
    "projectedNorms, complement": () => kernels.projectedNorms(rows, columns, { origin: zero, vectors, kept: 2 }),
    kthSquaredDistances: async () => {
      const bank = await kernels.openBank(normals("nan bank", 40 * columns), columns);
      return bank.kthSquaredDistances(rows, 3);
    },
  };
  test.each(Object.entries(perRow))("%s", async (_, call) => {
    const found = await call();
    const width = found.length / 9;
    found.forEach((value, at) => {
      expect(Number.isNaN(value), `entry ${at}: ${value}`).toBe(Math.floor(at / width) === 4);
    });
  });

  test("sums over the rows", async () => {
    const sums = await kernels.columnSums(rows, columns);
    expect(Array.from(sums, Number.isNaN)).toEqual(Array.from(sums, (_, c) => c === 7));
    const scatter = await kernels.scatter(rows, columns, zero);
    scatter.forEach((value, at) => {
      expect(Number.isNaN(value)).toBe(at % columns === 7 || Math.floor(at / columns) === 7);
    });
  });

  test("a row of the bank that is not finite is nobody's neighbour", async () => {
    const bank = await kernels.openBank(rows, columns);
    const clean = Float32Array.from([...rows.subarray(0, 4 * columns), ...rows.subarray(5 * columns)]);
    const wanted = await (await kernels.openBank(clean, columns)).kthSquaredDistances(clean, 8);
    expect(await bank.kthSquaredDistances(clean, 8)).toEqual(wanted);
    expect(await bank.kthSquaredDistances(clean, 9)).toEqual(new Float32Array(8).fill(Number.POSITIVE_INFINITY));
  });
});

describe("extreme logits", () => {
  test.each([
    ["equal", [3, 3, 3, 3]],
    ["far apart", [1000, -1000, 0, 999]],
    ["beyond float32's exponential", [-3e38, 3e38, 0, 1]],
    ["one of them −∞", [Number.NEGATIVE_INFINITY, 1, 2, 3]],
    ["all −∞", new Array(4).fill(Number.NEGATIVE_INFINITY)],
    ["one of them ∞", [Number.POSITIVE_INFINITY, 1, 2, 3]],
    ["small", [1e-30, -1e-30, 0, -0]],
  ])("%s", async (_, logits) => {
    const row = Float32Array.from(logits);
    for (const call of ["logSumExp", "topProbability"] as const) {
      const [found, wanted] = [await kernels[call](row, 4, 1), await plainKernels[call](row, 4, 1)];
      expect(found[0], call).toEqual(wanted[0]);
    }
    const [found, wanted] = [await kernels.softmax(row, 4), await plainKernels.softmax(row, 4)];
    found.forEach((value, k) => {
      if (Number.isNaN(wanted[k])) expect(value).toBeNaN();
      else expect(value).toBeCloseTo(wanted[k] as number, 7);
    });
  });
});

describe("neighbours that tie", () => {
  test("more equal rows than there is room for, with nearer ones among them", async () => {
    const columns = 5;
    const bank = new Float32Array(6000 * columns).fill(1);
    for (const [i, row] of [77, 3000, 5999].entries()) bank[row * columns] = 1.5 + i / 4;
    const query = Float32Array.of(2, 1, 1, 1, 1);
    const open = await helped.openBank(bank, columns);
    const at = async (k: number) => (await open.kthSquaredDistances(query, k))[0];
    expect([await at(1), await at(2), await at(3), await at(4), await at(6000)]).toEqual([0, 0.0625, 0.25, 1, 1]);
  });

  test("a query that is in the bank is its own neighbour, at no distance", async () => {
    const rows = normals("itself", 300 * 64);
    const bank = await kernels.openBank(rows, 64);
    expect(await bank.kthSquaredDistances(rows, 1)).toEqual(new Float32Array(300));
  });

  test("distances far below the rounding of products", async () => {
    const columns = 64;
    const bank = new Float32Array(200 * columns).fill(1);
    for (let i = 0; i < 200; i++) bank[i * columns] = 1 + ((i * 37) % 200) * 2 ** -20;
    const open = await kernels.openBank(bank, columns);
    const query = new Float32Array(columns).fill(1);
    for (const k of [1, 2, 50, 200]) {
      expect((await open.kthSquaredDistances(query, k))[0]).toBe(((k - 1) * 2 ** -20) ** 2);
    }
  });
});

test("any shape, any k: three threads find what plain loops find", async () => {
  const shapes = fc.record({
    rows: fc.integer({ min: 1, max: 3000 }),
    queries: fc.integer({ min: 0, max: 70 }),
    columns: fc.integer({ min: 1, max: 40 }),
    share: fc.double({ min: 0, max: 1, noNaN: true }),
    levels: fc.integer({ min: 2, max: 1000 }),
  });
  await fc.assert(
    fc.asyncProperty(shapes, async ({ rows, queries, columns, share, levels }) => {
      // Few levels make ties.
      const coarse = (name: string, n: number) => normals(name, n).map((x) => Math.round(x * levels) / levels);
      const bank = coarse("any bank", rows * columns);
      const asked = coarse("any query", queries * columns);
      const k = 1 + Math.floor(share * (rows - 1));
      const [fast, plain] = [await helped.openBank(bank, columns), await plainKernels.openBank(bank, columns)];
      const found = await fast.kthSquaredDistances(asked, k);
      const wanted = await plain.kthSquaredDistances(asked, k);
      fast.dispose();
      // Where ties outnumber the room, exact within the rounding of products.
      const most = 1e-5 * columns;
      found.forEach((value, i) => {
        const exact = wanted[i] as number;
        expect(Math.abs(value - exact)).toBeLessThanOrEqual(3e-7 * exact + (levels < 100 ? most : 1e-12));
      });
    }),
    { seed: 11, numRuns: 40 },
  );
});

describe("what does not fit is refused", () => {
  test.each([
    ["rows", () => kernels.rowMaxima(new Float32Array(7), 2), "7 numbers do not divide into rows of 2."],
    [
      "head",
      () => kernels.headLogits(new Float32Array(4), 2, { weight: new Float32Array(5), bias: new Float32Array(2) }, 1),
      "5 weights for 2 classes of 2 features.",
    ],
    ["origin", () => kernels.scatter(new Float32Array(4), 2, new Float64Array(3)), "An origin of 3 for rows of 2."],
  ])("%s", async (_, call, message) => {
    await expect((async () => call())()).rejects.toThrow(new RangeError(message));
  });

  test("k beyond the bank", async () => {
    const bank = await kernels.openBank(new Float32Array(6), 2);
    await expect(bank.kthSquaredDistances(new Float32Array(2), 4)).rejects.toThrow("k = 4 of 3 rows.");
  });
});
