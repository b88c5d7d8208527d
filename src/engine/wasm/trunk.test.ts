import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { setFlagsFromString } from "node:v8";
import { afterAll, describe, expect, it } from "vitest";
import { trunkLayout } from "../../networks/architecture.ts";
import type { StateDict } from "../network.ts";
import { noise, randomState } from "../oracle/testing/trunks.ts";
import { OracleTrunk } from "../oracle/trunk.ts";
import { relativeDifference } from "../tape/testing/goldenFill.ts";
import type { Variant } from "./engine.ts";
import { spawnNodeThread } from "./node/engine.ts";
import { InlineTeam } from "./team.ts";
import { TRUNKS, type TrunkCase } from "./testing/trunks.ts";
import { ThreadTeam } from "./threadTeam.ts";
import { WasmTrunk } from "./trunk.ts";

// Node 20 hides relaxed SIMD behind this flag.
if (Number(process.versions.node.split(".")[0]) < 22) setFlagsFromString("--experimental-wasm-relaxed-simd");

const hyper = { lr: 0.1, momentum: 0.9, weightDecay: 5e-4 };

const inline = new InlineTeam();
const threads = new ThreadTeam(2, () => spawnNodeThread(new URL("./build/kernelThread.mjs", import.meta.url)));
afterAll(() => threads.dispose());

const modules = new Map<Variant, WebAssembly.Module>();
function kernels(variant: Variant): WebAssembly.Module {
  const module =
    modules.get(variant) ?? new WebAssembly.Module(readFileSync(new URL(`./build/${variant}.wasm`, import.meta.url)));
  modules.set(variant, module);
  return module;
}

interface Answers {
  readonly evaluated: Float32Array;
  readonly gradient: Float32Array;
  readonly trained: Float32Array;
  /** After one training step. Momenta, which begin at 0, then are gradient + weight decay · parameter. */
  readonly state: StateDict;
  readonly evaluatedAfter: Float32Array;
}

/** Every pass of a network, one after the other, so that each finds what the one before left in their memory. */
async function answers(tested: TrunkCase, variant: Variant, team: InlineTeam | ThreadTeam): Promise<Answers> {
  const { trunk, n } = tested;
  const wasm = await WasmTrunk.create(trunk, n + 1, team, kernels(variant));
  wasm.importFrom(randomState(trunk));
  wasm.writeNormalisedImages(images(tested), n);
  const probed = await wasm.probe(n);
  const gradient = await wasm.probeGradient(dFeatures(trunk, n), n);
  const evaluated = await wasm.evaluate(n);
  expect(relativeDifference(probed, evaluated)).toBeLessThan(1e-5);
  const trained = await wasm.forward(n);
  await wasm.backward(dFeatures(trunk, n), n, hyper);
  const state: StateDict = new Map();
  wasm.exportTo(state, true);
  const evaluatedAfter = await wasm.evaluate(n);
  expect(await wasm.evaluate(n)).toEqual(evaluatedAfter);
  wasm.dispose();
  return { evaluated, gradient, trained, state, evaluatedAfter };
}

/** Of every bit; comparing the arrays themselves takes seconds. */
function digest({ state, ...arrays }: Answers): string {
  const hash = createHash("sha256");
  for (const array of Object.values(arrays)) hash.update(array);
  for (const [name, { data }] of state) hash.update(name).update(data);
  return hash.digest("hex");
}

/** [n][height][width][3]. */
function images({ trunk: { maps, input }, n, step }: TrunkCase): Float32Array {
  const { height = 0, width = 0 } = maps[input] ?? {};
  return Float32Array.from(noise("images", n * height * width * 3), (v) => (step ? step * Math.round(v / step) : v));
}

function dFeatures({ featureDim }: TrunkCase["trunk"], n: number): Float32Array {
  return Float32Array.from(noise("features", n * featureDim));
}

/** [n][height][width][3] → [n][3][height][width], or back. */
function planes(values: ArrayLike<number>, n: number, back = false): Float64Array {
  const moved = new Float64Array(values.length);
  const area = values.length / (3 * n);
  for (let i = 0; i < values.length; i++) {
    const [image, channel, pixel] = [Math.floor(i / (3 * area)), i % 3, Math.floor(i / 3) % area];
    const planar = (image * 3 + channel) * area + pixel;
    if (back) moved[i] = values[planar] as number;
    else moved[planar] = values[i] as number;
  }
  return moved;
}

function expected(tested: TrunkCase) {
  const { trunk, n } = tested;
  const oracle = new OracleTrunk(trunk, randomState(trunk));
  const input = planes(images(tested), n);
  const evaluation = oracle.forward(input, n, "evaluation");
  const gradient = planes(oracle.backward(evaluation, dFeatures(trunk, n)).dImages, n, true);
  const training = oracle.forward(input, n, "training");
  oracle.descend(oracle.backward(training, dFeatures(trunk, n)).gradients, hyper);
  oracle.updateRunningStatistics(training);
  const evaluatedAfter = oracle.forward(input, n, "evaluation").features;
  return { oracle, evaluated: evaluation.features, gradient, trained: training.features, evaluatedAfter };
}

const worst: Record<string, number> = {};
function hold(what: string, actual: ArrayLike<number>, reference: ArrayLike<number> | undefined): void {
  const error = relativeDifference(actual, reference);
  const kind = what.replace(/ .*/, "");
  worst[kind] = Math.max(worst[kind] ?? 0, error);
  expect(error, what).toBeLessThan(LIMIT);
}
afterAll(() => console.info("largest deviations from the oracle:", worst));

/** Relative to the largest entry of each tensor. */
const LIMIT = 1e-4;

describe.each(TRUNKS)("$what, $n images", (tested) => {
  it("evaluates, trains and gives the images' gradient as the oracle, the same bits on two threads", async () => {
    const reference = expected(tested);
    for (const variant of ["simd", "relaxed"] as const) {
      const single = await answers(tested, variant, inline);
      hold("evaluation", single.evaluated, reference.evaluated);
      hold("input gradient", single.gradient, reference.gradient);
      hold("features in training", single.trained, reference.trained);
      for (const { name, trained } of trunkLayout(tested.trunk)) {
        hold(`state ${name}`, single.state.get(name)?.data ?? [], reference.oracle.state.get(name));
        if (!trained) continue;
        hold(`momentum ${name}`, single.state.get(`momentum/${name}`)?.data ?? [], reference.oracle.momenta.get(name));
      }
      hold("evaluation after the step", single.evaluatedAfter, reference.evaluatedAfter);
      const shared = await answers(tested, variant, threads);
      expect(digest(shared)).toBe(digest(single));
    }
  });
});
