import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { shapesBenchmark } from "../../data/shapes/shapesBenchmark.ts";
import { detectorPreset } from "../../detection/params.ts";
import { plainKernels } from "../../engine/dense/plain.ts";
import type { Engine, Network } from "../../engine/network.ts";
import { createNodeWasmEngine } from "../../engine/wasm/node/engine.ts";
import { bareContext } from "../../generators/testing/context.ts";
import { MemoryStore } from "../../storage/memory.ts";
import type { ScoreTarget } from "../../study/rescore.ts";
import { ControlSwitch } from "../control.ts";
import { keys } from "../keys.ts";
import { tinyCell } from "../testCell.ts";
import { readReported, trainCell } from "../trainCell.ts";
import { evaluateCell } from "./evaluateCell.ts";
import { OpenedEvaluations } from "./openedEvaluations.ts";
import { ensurePasses } from "./passes.ts";
import { imageScores, rescore, type ScoreContext } from "./rescore.ts";
import { type OpenedTarget, openTarget } from "./scoreTarget.ts";
import { readSummary } from "./summaries.ts";
import { openTrained } from "./trainedNetwork.ts";

const benchmark = shapesBenchmark({
  train: 64,
  id_val: 20,
  id_test: 30,
  id_test_shuffled_hues: 20,
  near_unseen: 30,
  near_val: 20,
  far_glyphs: 20,
  far_digits: 20,
  far_textures: 20,
  far_scenes: 20,
  far_val: 20,
});
/** ID-val, near-val, far-val; ID-test, one near and four far sets. */
const SCORED_SETS = 9;
const cell = tinyCell({ alpha: 1, steps: 2 });
const target: ScoreTarget = { kind: "cell", cell };
const turn = <T>(work: () => Promise<T>): Promise<T> => work();

let engine: Engine;
const trained = new MemoryStore();

beforeAll(async () => {
  engine = await createNodeWasmEngine({ threads: 1, reproducible: true }, "");
  const job = {
    cell,
    benchmark,
    store: trained,
    generators: bareContext(trained),
    engine,
    control: new ControlSwitch(),
    emit: () => {},
    turn,
  };
  await trainCell({ ...job, live: false });
}, 60_000);
afterAll(() => engine.dispose());

async function copyOf(store: MemoryStore): Promise<MemoryStore> {
  const copy = new MemoryStore();
  for (const key of await store.keys("")) await copy.write([[key, (await store.read(key)) ?? null]]);
  return copy;
}

async function evaluated(detectors: readonly string[]): Promise<{ store: MemoryStore; context: ScoreContext }> {
  const store = await copyOf(trained);
  const control = new ControlSwitch();
  const job = { store, generators: bareContext(store), control, emit: () => {}, turn, kernels: plainKernels };
  await evaluateCell({ ...job, cell, benchmark, engine, detectors });
  return { store, context: { ...job, engine: () => Promise.reject(new Error("no engine is needed")) } };
}

/** Kernels that are not to be used. */
const noKernels: ScoreContext["kernels"] = new Proxy(plainKernels, {
  get: () => {
    throw new Error("scored again");
  },
});

describe("a re-score", () => {
  it("needs no network, joins the summary, outlives a reload and goes with the cell", async () => {
    const { store, context } = await evaluated(["msp"]);
    const choices = [{ name: "knn" }, { name: "knn", params: { K: 3 } }, { name: "mls" }];
    const results = await rescore(target, choices, context);
    expect(results.map(({ detector, variant }) => variant ?? detector)).toEqual(["knn", "knn(K=3)", "mls"]);
    const summary = await readSummary(store, cell.id);
    expect(summary?.detectors.map(({ detector, variant }) => variant ?? detector).sort()).toEqual(
      ["msp", "knn", "knn(K=3)", "mls"].sort(),
    );
    expect(summary?.detectors.find(({ variant }) => variant === "knn(K=3)")).toEqual(results[1]);
    expect(summary?.featureCache).toBe("float32");
    expect(summary?.scoring).toEqual({ variant: "plain", threads: 1 });
    expect(await rescore(target, choices, { ...context, kernels: noKernels })).toEqual(results);
    await store.deleteAll(keys.cell(cell.id));
    expect(await store.keys("cells/")).toEqual([]);
  });

  it("from an opened evaluation hands out arrays that may be transferred", async () => {
    const { context } = await evaluated(["msp"]);
    const kept = { ...context, opened: new OpenedEvaluations() };
    for (const name of ["msp", "knn"]) {
      const first = await imageScores(target, { name }, kept);
      const copy = structuredClone(first);
      for (const { scores, predicted, labels } of Object.values(first.sets)) {
        structuredClone(null, { transfer: [scores.buffer, predicted.buffer, labels.buffer] as ArrayBuffer[] });
      }
      expect(await imageScores(target, { name }, kept)).toEqual(copy);
    }
  });

  it("of another version of the program is computed again", async () => {
    const { store, context } = await evaluated(["msp"]);
    const [result] = await rescore(target, [{ name: "ebo" }], context);
    const [key] = await store.keys(keys.allRescored(cell.id));
    await store.write([[key as string, { meta: { version: "0.0.1", result: { detector: "ebo" } }, arrays: {} }]]);
    expect((await readSummary(store, cell.id))?.detectors.map(({ detector }) => detector)).toEqual(["msp"]);
    await expect(rescore(target, [{ name: "ebo" }], { ...context, kernels: noKernels })).rejects.toThrow(
      "scored again",
    );
    expect(await rescore(target, [{ name: "ebo" }], context)).toEqual([result]);
    expect((await readSummary(store, cell.id))?.detectors.map(({ detector }) => detector)).toEqual(["msp", "ebo"]);
  });

  it("without kept features says so; a damaged evaluation is made anew, with a notice", async () => {
    const { store, context } = await evaluated(["msp"]);
    const [head] = (await store.keys(keys.allActivations(cell.id))).filter((key) => key.endsWith("/head"));
    const [logits] = (await store.keys(keys.allActivations(cell.id))).filter((key) => key.endsWith("/sets/id_val"));
    await store.write([[logits as string, null]]);
    await expect(rescore(target, [{ name: "mls" }], context)).rejects.toMatchObject({ code: "corrupt" });
    const notices: string[] = [];
    await evaluateCell({
      ...context,
      generators: bareContext(store),
      cell,
      benchmark,
      engine,
      detectors: ["msp"],
      emit: (event) => event.kind === "notice" && notices.push(event.text),
    });
    expect(notices).toEqual([expect.stringContaining("It is evaluated again now.")]);
    await store.write([[head as string, null]]);
    await expect(rescore(target, [{ name: "mls" }], context)).rejects.toMatchObject({ code: "not-evaluated" });
  });

  it("heeds a stop that comes while it works, not one that was meant for an earlier job", async () => {
    const { context } = await evaluated(["msp"]);
    const control = new ControlSwitch();
    control.set("stop", null);
    expect((await imageScores(target, { name: "msp" }, { ...context, control })).sets.id_test?.scores.length).toBe(30);
    control.set("run", null);
    let turns = 0;
    const stopping: ScoreContext["turn"] = async (work) => {
      const result = await work();
      if (++turns === 1) control.set("stop", null);
      return result;
    };
    const slow = new Proxy(plainKernels, {
      get: (kernels, name) =>
        name === "rowMaxima"
          ? async (...args: Parameters<typeof plainKernels.rowMaxima>) => {
              await new Promise((resolve) => setTimeout(resolve, 600));
              return kernels.rowMaxima(...args);
            }
          : Reflect.get(kernels, name),
    });
    const job = { ...context, control, kernels: slow, turn: stopping };
    await expect(imageScores(target, { name: "mls" }, job)).rejects.toMatchObject({ code: "stopped" });
  });
});

describe("perturbed passes", () => {
  /** The evaluated cell with its own small benchmark, on an engine that counts gradients. */
  async function opened() {
    const { store, context } = await evaluated(["msp"]);
    const { checkpoint } = await readReported(store, cell);
    const gradients: number[] = [];
    const counted = async (of: Engine): Promise<Network> => {
      const network = await openTrained(of, benchmark, cell, checkpoint);
      const inputGradient: Network["inputGradient"] = (input, count, loss) => {
        gradients.push(count);
        return network.inputGradient(input, count, loss);
      };
      return Object.assign(Object.create(network) as Network, { inputGradient, dispose: () => network.dispose() });
    };
    const own: OpenedTarget = { ...(await openTarget(store, target)), source: { benchmark, open: counted } };
    return { own, gradients, store, context: { ...context, engine: async () => engine } };
  }

  it("are run where they are missing, kept, and read the next time", async () => {
    const { own, gradients, context } = await opened();
    const odin = { name: "odin" };
    const done = await ensurePasses(own, [odin, odin, { name: "msp" }], context);
    expect(gradients.length).toBe(SCORED_SETS);
    const [[key, passes] = []] = done.evaluation.perturbed;
    expect(passes?.get("id_test")).toHaveLength(300);
    const nobody = () => Promise.reject(new Error("nothing is missing"));
    const again = await ensurePasses(own, [odin], { ...context, engine: nobody });
    expect(again.evaluation.perturbed).toEqual(done.evaluation.perturbed);
    const other = await ensurePasses(done, [odin, { name: "odin", params: { eps: 0.01 } }], context, ["val"]);
    expect(gradients.length).toBe(SCORED_SETS + 3);
    expect(other.evaluation.perturbed.size).toBe(2);
    expect(other.evaluation.perturbed.get(key as string)?.size).toBe(SCORED_SETS);
  });

  it("that were stopped go on with the set that was on its way", async () => {
    const { own, gradients, context } = await opened();
    const control = new ControlSwitch();
    const stopping: ScoreContext["turn"] = async (work) => {
      const result = await work();
      if (gradients.length === 4) control.set("stop", null);
      return result;
    };
    const job = { ...context, control, turn: stopping };
    await expect(ensurePasses(own, [{ name: "odin" }], job)).rejects.toMatchObject({ code: "stopped" });
    expect(gradients.length).toBe(4);
    const done = await ensurePasses(own, [{ name: "odin" }], context);
    expect(gradients.length).toBe(SCORED_SETS);
    expect([...done.evaluation.perturbed.values()].map((passes) => passes.size)).toEqual([SCORED_SETS]);
  });

  it("are part of an evaluation that asks for such a detector, and of what it is scored on later", async () => {
    const { store, context } = await evaluated(["odin"]);
    const summary = await readSummary(store, cell.id);
    expect(summary?.detectors[0]?.undefinedBecause).toBeNull();
    const scores = await imageScores(target, { name: "odin" }, context);
    expect(Object.keys(scores.sets)).toHaveLength(SCORED_SETS);
    expect(scores.params).toEqual(summary?.detectors[0]?.params);
    expect(detectorPreset(cell.preset)).toBe("quick");
  });
});
