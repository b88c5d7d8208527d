import type { Cell } from "../../../study/cell.ts";
import type { DetectorResult, Metrics } from "../../../study/result.ts";
import type { CellSummary } from "../../../study/summary.ts";

const metrics = (auroc: number | null): Metrics => ({
  auroc,
  fpr95Id: null,
  fpr95Ood: null,
  auprIn: null,
  auprOut: null,
});

/** Tests only: one detector with the given means and no sets. */
export function detectorResult(detector: string, near: number | null, far: number | null): DetectorResult {
  const undefinedBecause = near === null ? "undefined, because this test says so" : null;
  return { detector, params: {}, undefinedBecause, near: metrics(near), far: metrics(far), sets: [], worstId: [] };
}

/** Tests only: a finished cell; its numbers are made up. */
export function finishedCell(cell: Cell, changes: Partial<CellSummary> = {}): CellSummary {
  return {
    cell,
    backend: { name: "wasm-simd", threads: 1, adapter: "", software: false, reason: "" },
    alphaEffective: cell.alpha,
    realImages: 1000,
    syntheticDraws: 0,
    epochs: 1,
    steps: 1,
    wallSeconds: 1,
    trainAccuracy: 1,
    converged: true,
    idAccuracy: 0.9,
    diagnosticAccuracy: {},
    reportedEpoch: 1,
    detectors: [detectorResult("msp", 0.8, 0.9)],
    history: [],
    provenance: null,
    benchmarkFingerprint: "b",
    generatorFingerprint: null,
    version: "0",
    finished: "2026-01-01T00:00:00.000Z",
    ...changes,
  };
}
