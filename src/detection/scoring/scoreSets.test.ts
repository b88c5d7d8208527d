import { describe, expect, test } from "vitest";
import type { DenseKernels } from "../../engine/dense/kernels.ts";
import { plainKernels } from "../../engine/dense/plain.ts";
import { UndefinedScore } from "../detector.ts";
import { odin } from "../detectors/odin.ts";
import { type ActivationSet, inMemory, readRun } from "../evaluation/activationSet.ts";
import { type Evaluation, evaluate } from "../evaluation/evaluate.ts";
import { CHUNK_ROWS } from "../evaluation/featureChunks.ts";
import { picked } from "../testing/activations.ts";
import { CLASSES, channelMeans, squares } from "../testing/squares.ts";
import { scoreSets } from "./scoreSets.ts";

const { sets } = squares.info;
const normalisation = { mean: [0, 0, 0], std: [1, 1, 1] } as const;
const scoring = { preset: "paper", kernels: plainKernels, normalisation } as const;

test("a set that is read in runs has every score in its place", async () => {
  const evaluation = await evaluate(channelMeans(), squares);
  const far = await readRun(evaluation.sets.get("far") as ActivationSet, CLASSES, 0, 50, true);
  const count = CHUNK_ROWS + 20;
  const rows = Array.from({ length: count }, (_, i) => (i * 7 + Math.floor(i / CHUNK_ROWS)) % 50);
  const choice = { name: "knn", params: { K: 3 } };
  const few = await scoreSets(evaluation, sets, choice, scoring);
  const many = new Map([...evaluation.sets, ["far", inMemory(picked(far, rows))]]);
  const { scores } = await scoreSets({ ...evaluation, sets: many }, sets, choice, scoring);
  expect(scores.get("far")).toEqual(Float32Array.from(rows, (row) => few.scores.get("far")?.[row] ?? Number.NaN));
});

describe("a detector with input perturbation", () => {
  const { key } = odin.perturb?.(odin.presets.paper, normalisation) ?? { key: "" };
  const withPass = async (pass: ReadonlyMap<string, Float32Array | UndefinedScore>): Promise<Evaluation> => ({
    ...(await evaluate(channelMeans(), squares, { roles: ["val"] })),
    perturbed: new Map([[key, pass]]),
  });

  test("scores the logits of its own pass, not those of the images as they are", async () => {
    const moved = Float32Array.from({ length: 60 * CLASSES }, (_, i) => (i * 7) % 11);
    const { scores } = await scoreSets(await withPass(new Map([["near_val", moved]])), sets, { name: "odin" }, scoring);
    expect(scores.get("near_val")).toEqual(await plainKernels.topProbability(moved, CLASSES, 1000));
  });

  test("is undefined on a set without that pass, and where the pass failed", async () => {
    const evaluation = await withPass(new Map([["id_val", new UndefinedScore("its gradient is not finite")]]));
    const { scores, undefinedBecause } = await scoreSets(evaluation, sets, { name: "odin" }, scoring);
    expect(scores.size).toBe(0);
    expect(undefinedBecause.get("id_val")).toContain("its gradient is not finite");
    expect(undefinedBecause.get("near_val")).toContain('no such pass over "near_val"');
  });
});

describe("what a fit holds in the kernels", () => {
  /** Plain kernels that count their open banks. */
  function counting() {
    const banks = { opened: 0, open: 0 };
    const kernels: DenseKernels = {
      ...plainKernels,
      openBank: async (rows, columns) => {
        const bank = await plainKernels.openBank(rows, columns);
        banks.opened++;
        banks.open++;
        return { ...bank, dispose: () => banks.open-- };
      },
    };
    return { banks, kernels };
  }

  test("is freed after the last set", async () => {
    const { banks, kernels } = counting();
    const evaluation = await evaluate(channelMeans(), squares);
    await scoreSets(evaluation, sets, { name: "knn" }, { ...scoring, kernels });
    expect(banks).toEqual({ opened: 1, open: 0 });
  });

  test("is freed when scoring is aborted", async () => {
    const { banks, kernels } = counting();
    const evaluation = await evaluate(channelMeans(), squares);
    const controller = new AbortController();
    const aborted = scoreSets(
      evaluation,
      sets,
      { name: "knn" },
      {
        ...scoring,
        kernels,
        signal: controller.signal,
        onProgress: () => controller.abort(new Error("stopped by the user")),
      },
    );
    await expect(aborted).rejects.toThrow("stopped by the user");
    expect(banks).toEqual({ opened: 1, open: 0 });
  });
});
