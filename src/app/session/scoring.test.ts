import { describe, expect, it } from "vitest";
import { WorkbenchError } from "../../study/errors.ts";
import type { DetectorResult } from "../../study/result.ts";
import { planStudy } from "../../study/study.ts";
import type { CellSummary } from "../../study/summary.ts";
import { detectorResult, finishedCell } from "../model/testing/finishedCell.ts";
import { withResult } from "./ownStudies.ts";
import { EvaluationScoring } from "./scoring.ts";
import type { Workers } from "./workers.ts";

const { cells } = planStudy({
  benchmark: "shapes",
  preset: "look",
  generators: [],
  alphas: [1],
  pools: [1],
  seeds: [0, 1, 2, 3],
  detectors: ["msp"],
});
const ids = cells.map((cell) => cell.id);
const request = { backend: "cpu", threads: 0, reproducible: false, allowSoftware: false } as const;
const knn9 = { name: "knn", params: { K: 9 } };

/** Scoring over a worker that answers when told to; cell 3 has not finished. */
function scoringOver(answer: (cellId: string, method: string) => Promise<unknown>) {
  const summaries = new Map(cells.slice(0, 3).map((cell) => [cell.id, finishedCell(cell)]));
  const unkept = new Set<string>();
  const calls: string[] = [];
  const evaluation = {
    call: (method: string, { target }: { target: { cell: { id: string } } }) => {
      calls.push(target.cell.id);
      return answer(target.cell.id, method);
    },
  } as unknown as Workers["evaluation"];
  const scoring = new EvaluationScoring(evaluation, request, {
    summary: (id) => summaries.get(id),
    isUnkept: (id) => unkept.has(id),
    keep: (id, result) => void summaries.set(id, withResult(summaries.get(id) as CellSummary, result)),
    missing: (id) => void unkept.add(id),
  });
  return { scoring, summaries, unkept, calls };
}

const result: DetectorResult = { ...detectorResult("knn", 0.7, 0.8), variant: "knn(K=9)" };
const notEvaluated = () => Promise.reject(new WorkbenchError("not-evaluated", "no features"));

describe("scoring a study anew", () => {
  it("scores every finished cell once, the one on screen first", async () => {
    const { scoring, summaries, calls } = scoringOver(async () => [result]);
    const outcome = await scoring.rescore(cells, knn9, { first: ids[2] });
    expect(calls).toEqual([ids[2], ids[0], ids[1]]);
    expect(outcome).toMatchObject({ scored: 3, computed: 3, withoutFeatures: [] });
    expect(summaries.get(ids[0] ?? "")?.detectors.map((r) => r.variant ?? r.detector)).toEqual(["msp", "knn(K=9)"]);
    expect(await scoring.rescore(cells, knn9)).toMatchObject({ scored: 3, computed: 0 });
    expect(calls).toHaveLength(3);
  });

  it("ends between two cells when a newer choice takes over, and keeps what it has", async () => {
    const stop = new AbortController();
    const { scoring, summaries, calls } = scoringOver(async () => {
      stop.abort();
      return [result];
    });
    await expect(scoring.rescore(cells, knn9, { signal: stop.signal })).rejects.toThrow(/abort/i);
    expect(calls).toEqual([ids[0]]);
    expect(summaries.get(ids[0] ?? "")?.detectors).toHaveLength(2);
  });

  it("names the cells without features, and does not ask for them again", async () => {
    const { scoring, unkept, calls } = scoringOver((id) =>
      id === ids[1] ? notEvaluated() : Promise.resolve([result]),
    );
    expect((await scoring.rescore(cells, knn9)).withoutFeatures).toEqual([ids[1]]);
    expect([...unkept]).toEqual([ids[1]]);
    expect(await scoring.rescore(cells, knn9)).toMatchObject({ scored: 2, computed: 0, withoutFeatures: [ids[1]] });
    expect(calls).toHaveLength(3);
  });

  it("passes any other failure on", async () => {
    const { scoring } = scoringOver(() => Promise.reject(new Error("the worker stopped working")));
    await expect(scoring.rescore(cells, knn9)).rejects.toThrow("the worker stopped working");
  });
});

describe("the scores of a cell's images", () => {
  const target = { kind: "cell", cell: cells[0] as (typeof cells)[number] } as const;

  it("are fetched once per detector until the cell is evaluated anew", async () => {
    const { scoring, calls } = scoringOver(async () => ({ params: {}, undefinedBecause: {}, sets: {} }));
    expect(scoring.scores(target, knn9)).toBe(scoring.scores(target, knn9));
    await scoring.scores(target, { name: "msp" });
    expect(calls).toHaveLength(2);
    scoring.forget(target.cell.id);
    await scoring.scores(target, knn9);
    expect(calls).toHaveLength(3);
  });

  it("that could not be fetched are asked for again", async () => {
    const { scoring, unkept, calls } = scoringOver(notEvaluated);
    await expect(scoring.scores(target, knn9)).rejects.toThrow("no features");
    expect(unkept.has(target.cell.id)).toBe(true);
    await expect(scoring.scores(target, knn9)).rejects.toThrow("no features");
    expect(calls).toHaveLength(2);
  });
});
