import { describe, expect, it } from "vitest";
import type { BackendRequest } from "./backend.ts";
import type { Engine, Loss, Network, SgdHyper, TrainBatch } from "./network.ts";
import { chooseEngine, type EngineMaker } from "./select.ts";
import { BackendRefused, NoBackend } from "./selectErrors.ts";
import { SelfTestFailed, selfTest, selfTestNumbers } from "./selfTest.ts";
import { expectedNumbers } from "./selfTestNumbers.ts";
import { createTapeEngine } from "./tape/tapeEngine.ts";
import { relativeDifference } from "./tape/testing/goldenFill.ts";

const request: BackendRequest = { backend: "auto", threads: 2, reproducible: false, allowSoftware: false };

/** A backend that computes rightly (on the CPU tape) and records what it was asked. */
const right =
  (asked: string[], name: string): EngineMaker =>
  (given, reason) => {
    asked.push(`${name} ${given.allowSoftware}`);
    return createTapeEngine({ backend: "cpu", reason });
  };
const refuse =
  (message: string): EngineMaker =>
  () =>
    Promise.reject(new BackendRefused(message));

/** The CPU tape with one defect. */
function defective(change: Partial<Pick<Network, "trainStep" | "forward">>, disposed: string[] = []): EngineMaker {
  return async () => {
    const engine = await createTapeEngine({ backend: "cpu" });
    const createNetwork: Engine["createNetwork"] = async (spec, options) =>
      Object.assign(await engine.createNetwork(spec, options), change);
    return { backend: engine.backend, failure: null, createNetwork, dispose: () => void disposed.push("disposed") };
  };
}

describe("chooseEngine", () => {
  it("takes WebGPU first and leaves the others alone", async () => {
    const asked: string[] = [];
    const engine = await chooseEngine(request, {
      webgpu: right(asked, "webgpu"),
      wasm: right(asked, "wasm"),
      tape: right(asked, "tape"),
      cpu: right(asked, "cpu"),
    });
    expect(asked).toEqual(["webgpu false"]);
    expect(engine.backend.reason).toBe("Plain JavaScript: for tests only.");
  });

  it("says why it is WebAssembly", async () => {
    const asked: string[] = [];
    const engine = await chooseEngine(
      { ...request, allowSoftware: true },
      {
        webgpu: refuse("only a software adapter (SwiftShader)"),
        wasm: right(asked, "wasm"),
        tape: right(asked, "tape"),
        cpu: right(asked, "cpu"),
      },
    );
    expect(asked).toEqual(["wasm false"]);
    expect(engine.backend.reason).toMatch(/^WebGPU: only a software adapter \(SwiftShader\); using WebAssembly\. /);
  });

  it("accepts a software adapter only where a GPU was asked for by name", async () => {
    for (const [backend, allowed] of [
      ["auto", "webgpu false"],
      ["webgpu", "webgpu true"],
      ["tape", "tape true"],
    ] as const) {
      const asked: string[] = [];
      const makers = {
        webgpu: right(asked, "webgpu"),
        wasm: right(asked, "wasm"),
        tape: right(asked, "tape"),
        cpu: right(asked, "cpu"),
      };
      await chooseEngine({ ...request, backend, allowSoftware: true }, makers);
      expect(asked).toEqual([allowed]);
    }
  });

  it("replaces nothing that was asked for by name, and never takes plain JavaScript by itself", async () => {
    const asked: string[] = [];
    const makers = {
      webgpu: refuse("no GPU adapter was found"),
      wasm: refuse("no SIMD."),
      tape: right(asked, "tape"),
      cpu: right(asked, "cpu"),
    };
    const named = chooseEngine({ ...request, backend: "webgpu" }, makers);
    await expect(named).rejects.toThrow(
      'No backend can be used here. WebGPU: no GPU adapter was found. Ask for the backend "auto" to take what this machine has.',
    );
    const automatic = chooseEngine(request, makers);
    await expect(automatic).rejects.toThrow(NoBackend);
    await expect(automatic).rejects.toThrow("WebGPU: no GPU adapter was found; WebAssembly: no SIMD. Use a current");
    expect(asked).toEqual([]);
  });

  it("refuses and closes a backend that computes wrong numbers", async () => {
    const disposed: string[] = [];
    const asked: string[] = [];
    const wrong = async () => ({ features: new Float32Array(3 * 64), logits: new Float32Array(3 * 4) });
    const engine = await chooseEngine(request, {
      webgpu: defective({ forward: wrong }, disposed),
      wasm: right(asked, "wasm"),
      tape: right(asked, "tape"),
      cpu: right(asked, "cpu"),
    });
    expect(disposed).toEqual(["disposed"]);
    expect(engine.backend.reason).toContain("WebGPU: the self-test failed: the logits is 0 instead of");
  });
});

describe("the self-test", () => {
  it("holds the numbers that the CPU tape computes", async () => {
    const { losses, logits, state } = await selfTestNumbers(await createTapeEngine({ backend: "cpu" }));
    expect(relativeDifference(losses, expectedNumbers.losses)).toBeLessThan(1e-7);
    expect(relativeDifference(logits, expectedNumbers.logits)).toBeLessThan(1e-7);
    for (const [name, expected] of Object.entries(expectedNumbers.state)) {
      const own = state.get(name)?.data.subarray(0, expected.length) ?? [];
      expect(relativeDifference(own, expected), name).toBeLessThan(1e-7);
    }
  });

  it.each([
    ["a learning rate off by 1 %", (hyper: SgdHyper) => ({ ...hyper, lr: hyper.lr * 1.01 })],
    ["no momentum", (hyper: SgdHyper) => ({ ...hyper, momentum: 0 })],
    ["no weight decay", (hyper: SgdHyper) => ({ ...hyper, weightDecay: 0 })],
  ])("catches %s", async (_name, alter) => {
    const engine = await createTapeEngine({ backend: "cpu" });
    const createNetwork: Engine["createNetwork"] = async (spec, options) => {
      const network = await engine.createNetwork(spec, options);
      const step = network.trainStep.bind(network);
      return Object.assign(network, {
        trainStep: (batch: TrainBatch, loss: Loss, hyper: SgdHyper) => step(batch, loss, alter(hyper)),
      });
    };
    await expect(
      selfTest({ backend: engine.backend, failure: null, createNetwork, dispose: () => {} }),
    ).rejects.toThrow(SelfTestFailed);
  });

  it("catches a network whose augmentation is ignored", async () => {
    const engine = await createTapeEngine({ backend: "cpu" });
    const createNetwork: Engine["createNetwork"] = async (spec, options) => {
      const network = await engine.createNetwork(spec, options);
      const step = network.trainStep.bind(network);
      return Object.assign(network, {
        trainStep: (batch: TrainBatch, loss: Loss, hyper: SgdHyper) =>
          step({ ...batch, augmentation: null }, loss, hyper),
      });
    };
    await expect(
      selfTest({ backend: engine.backend, failure: null, createNetwork, dispose: () => {} }),
    ).rejects.toThrow(/the loss is/);
  });
});
