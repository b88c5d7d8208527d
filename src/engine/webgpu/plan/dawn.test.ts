import { existsSync, readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readSafetensors } from "../../../checkpoints/safetensors.ts";
import { largestDifference, relativeDifference } from "../../tape/testing/goldenFill.ts";
import type { GoldenSteps } from "./testing/goldenRun.ts";
import { openDawn } from "./testing/node/dawn.ts";
import type { Errors } from "./testing/scenarios.ts";
import { testArchitectures } from "./testing/trunks.ts";

const scenarios = "/src/engine/webgpu/plan/testing/scenarios.ts";
/** A software GPU takes half a second to compile a kernel, longer beside other tests. */
const COMPILE_MS = 180_000;
const goldens = "/src/engine/webgpu/plan/testing/goldenRun.ts";

/** Whole networks on Dawn in Node: on the software GPU where Chromium's is installed, else on what there is. */
const dawn = await openDawn();
beforeAll(() => dawn?.run(scenarios, "holdGpu"), COMPILE_MS);
afterAll(() => dawn?.close());

describe.skipIf(!dawn)("networks against the float64 oracle", () => {
  it.each(Object.keys(testArchitectures))(
    "trains and evaluates %s, and finds its input gradient",
    async (name) => {
      const errors = await dawn?.run<Errors>(scenarios, "oracleErrors", name, 4, [4, 2], [3, 1]);
      const sorted = Object.entries(errors ?? {}).sort(([, a], [, b]) => b - a);
      console.info(
        `${name}:`,
        sorted
          .slice(0, 2)
          .map(([what, error]) => `${what} ${error.toExponential(1)}`)
          .join("; "),
      );
      expect(sorted.length).toBeGreaterThan(30);
      for (const [what, error] of sorted) expect(error, what).toBeLessThan(2e-5);
    },
    COMPILE_MS,
  );
});

describe.skipIf(!dawn)("training steps", () => {
  it(
    "give the same numbers two at a time, and cut into many command buffers",
    async () => {
      const alone = await dawn?.run(scenarios, "stepsOf", "bare", "alone");
      expect(alone).toMatchObject({ losses: [expect.any(Number), expect.any(Number), expect.any(Number)] });
      expect(await dawn?.run(scenarios, "stepsOf", "bare", "overlapped")).toEqual(alone);
      expect(await dawn?.run(scenarios, "stepsOf", "bare", "cut")).toEqual(alone);
    },
    COMPILE_MS,
  );
});

/** Losses of the reference (PyTorch) in float64; tolerances are the manifests'. */
const cases = [
  {
    lr: 0.02,
    folder: "sgd_w8_strict_lr0.02",
    key: "train_batch8/70",
    losses: [2.6444472098166787, 1.6469627573900063, 0.8405796279799841, 0.24963145075997883, 0.10548636598022502],
    lossTolerance: [2.4e-6, 1.7e-5, 1.7e-5, 1.4e-5, 2e-6],
    step1: { params: 1e-5, running: 1e-5 },
    step5: { params: 1.5e-5, running: 7.7e-5 },
    evaluation: 1.7e-4,
  },
  {
    lr: 0.1,
    folder: "sgd_w8_strict_lr0.1",
    key: "train_batch8/84",
    losses: [2.772397027831987, 2.319224631300734, 2.1589120314454404, 1.5508356898263154, 0.8376100540385095],
    lossTolerance: [5e-6, 1.2e-4, 1.5e-4, 1.8e-4, 1.2e-4],
    step1: { params: 2.2e-5, running: 1e-5 },
    step5: { params: 2.6e-4, running: 1.2e-3 },
    evaluation: 6.6e-4,
  },
];

/** The reference's tensors; where ../shared is absent, the subset kept as a fixture, if there is one. */
function golden(folder: string, fixture: string) {
  const shared = `../shared/golden/ood/${folder}/io.safetensors`;
  const file = existsSync(shared) ? shared : new URL(`../../tape/fixtures/${fixture}.safetensors`, import.meta.url);
  return existsSync(file) ? readSafetensors(new Uint8Array(readFileSync(file))).tensors : null;
}

describe.skipIf(!dawn).each(cases)("five SGD steps at lr $lr", (sgd) => {
  const expected = golden(`training/${sgd.folder}`, sgd.folder);

  it.skipIf(!expected)(
    "meet the reference's losses, parameters, running statistics and evaluation",
    async () => {
      const run = await dawn?.run<GoldenSteps>(goldens, "goldenSteps", sgd.key, sgd.lr);
      if (!run) throw new Error("no GPU");
      for (const [i, loss] of run.losses.entries()) {
        const error = Math.abs(loss - (sgd.losses[i] as number));
        expect(error, `loss of step ${i + 1}`).toBeLessThan(sgd.lossTolerance[i] as number);
      }
      let compared = 0;
      for (const [key, { data }] of expected ?? []) {
        const [step, name] = key.split(/\/(.*)/) as ["step1" | "step5", string];
        if ((step !== "step1" && step !== "step5") || /logits|num_batches_tracked/.test(name)) continue;
        const tolerance = sgd[step][name.includes("running_") ? "running" : "params"];
        expect(largestDifference(run[step].get(name)?.data ?? [], data), key).toBeLessThan(tolerance);
        compared++;
      }
      expect(compared).toBeGreaterThan(10);
      const logits = expected?.get("step5/eval_logits_on_batch")?.data as Float32Array;
      expect(relativeDifference(run.logits, logits)).toBeLessThan(sgd.evaluation);
    },
    COMPILE_MS,
  );
});
