import { existsSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { accuracy } from "./accuracy.ts";
import { floats, ints, readGolden } from "./node/golden.ts";
import { oodMetrics } from "./oodMetrics.ts";
import { groupMean, meanAndSigma } from "./spread.ts";
import { UndefinedMetric } from "./thresholds.ts";

interface Exact {
  auroc: number;
  fpr95_id_positive: number;
  fpr95_ood_positive: number;
  aupr_in_trapezoid: number;
  aupr_out_trapezoid: number;
}

interface Manifest {
  results: Record<string, { exact: Exact; acc?: number; "v1.5"?: { acc: number } }>;
  undefined_inputs: Record<string, { conf: (number | string)[]; label: number[] }>;
  aggregation: {
    auroc_per_run: number[][];
    near_mean: number;
    near_std_population: number;
    far_mean: number;
    far_std_population: number;
  };
}

const shared = new URL("../../../shared/golden/ood/metrics/", import.meta.url);
const places = [
  { where: "fixture", json: new URL("./fixtures/golden.json", import.meta.url), there: true },
  { where: "../shared", json: new URL("manifest.json", shared), there: existsSync(shared) },
];

for (const { where, json, there } of places) {
  describe.skipIf(!there)(`golden metrics, ${where}`, () => {
    if (!there) return test("needs the shared goldens", () => {});
    const manifest = JSON.parse(readFileSync(json, "utf8")) as Manifest;
    const tensors = readGolden(new URL(where === "fixture" ? "golden.safetensors" : "io.safetensors", json));

    test.each(Object.keys(manifest.results))("%s", (name) => {
      const result = manifest.results[name];
      if (result === undefined) throw new Error(`no golden ${name}`);
      const { exact } = result;
      const conf = floats(tensors, `${name}/conf`);
      const label = ints(tensors, `${name}/label`);
      const isId = (_: number, i: number) => (label[i] as number) >= 0;
      const isOod = (_: number, i: number) => (label[i] as number) < 0;
      const ours = oodMetrics(conf.filter(isId), conf.filter(isOod));
      expect(Math.abs(ours.auroc - exact.auroc)).toBeLessThan(1e-9);
      expect(Math.abs(ours.fpr95Id - exact.fpr95_id_positive)).toBeLessThan(1e-9);
      expect(Math.abs(ours.fpr95Ood - exact.fpr95_ood_positive)).toBeLessThan(1e-9);
      expect(Math.abs(ours.auprIn - exact.aupr_in_trapezoid)).toBeLessThan(1e-9);
      expect(Math.abs(ours.auprOut - exact.aupr_out_trapezoid)).toBeLessThan(1e-9);
      const acc = accuracy(ints(tensors, `${name}/pred`).filter(isId), label.filter(isId));
      expect(Math.abs(acc - (result.acc ?? result["v1.5"]?.acc ?? Number.NaN))).toBeLessThan(1e-9);
    });

    test.each(Object.keys(manifest.undefined_inputs))("%s is undefined", (name) => {
      const input = manifest.undefined_inputs[name];
      if (input === undefined) throw new Error(`no golden ${name}`);
      const conf = Float64Array.from(input.conf, Number);
      const id = conf.filter((_, i) => (input.label[i] as number) >= 0);
      const ood = conf.filter((_, i) => (input.label[i] as number) < 0);
      expect(() => oodMetrics(id, ood)).toThrow(UndefinedMetric);
    });

    test("near and far means over sets, then mean and population σ over runs", () => {
      const { aggregation } = manifest;
      const near = meanAndSigma(aggregation.auroc_per_run.map((run) => groupMean(run.slice(0, 1)) as number));
      const far = meanAndSigma(aggregation.auroc_per_run.map((run) => groupMean(run.slice(1)) as number));
      expect(near?.mean).toBeCloseTo(aggregation.near_mean, 12);
      expect(near?.populationSigma).toBeCloseTo(aggregation.near_std_population, 12);
      expect(far?.mean).toBeCloseTo(aggregation.far_mean, 12);
      expect(far?.populationSigma).toBeCloseTo(aggregation.far_std_population, 12);
    });
  });
}
