import { afterAll, beforeAll, expect, it } from "vitest";
import { crossEntropy } from "../../training/methods/ce.ts";
import type { Engine, Network, StateDict } from "../network.ts";
import { createNodeWasmEngine } from "./node/engine.ts";
import { testBatch, testNetwork } from "./testRun.ts";

/** The gradient is what the loss answers when a parameter moves. Float32 and ReLU kinks leave about two digits. */
const batch = testBatch(8, 0);
let engine: Engine;
let network: Network;
let start: StateDict;
let gradientStep: StateDict;

beforeAll(async () => {
  engine = await createNodeWasmEngine({ threads: 1, reproducible: true }, "");
  network = await testNetwork(engine, 8);
  start = await network.exportState({ momenta: false });
  // Plain descent is linear in the rate, so a rate of 1 loses the fewest digits: gradient = before − after.
  await network.trainStep(batch, crossEntropy, { lr: 1, momentum: 0, weightDecay: 0 });
  gradientStep = await network.exportState({ momenta: false });
});
afterAll(() => engine.dispose());

async function lossWith(name: string, index: number, move: number): Promise<number> {
  const state = new Map(start);
  const { shape, data } = start.get(name) as { shape: readonly number[]; data: Float32Array };
  const moved = data.slice();
  moved[index] = (moved[index] as number) + move;
  await network.importState(state.set(name, { shape, data: moved }));
  return (await network.trainStep(batch, crossEntropy, { lr: 0, momentum: 0, weightDecay: 0 })).loss;
}

it.each([
  "conv1.weight",
  "bn1.bias",
  "layer1.1.conv2.weight",
  "layer2.0.conv1.weight",
  "layer2.0.shortcut.0.weight",
  "layer2.0.shortcut.1.weight",
  "layer3.1.bn2.bias",
  "layer4.0.conv2.weight",
  "layer4.1.bn2.weight",
  "fc.weight",
  "fc.bias",
])("finite differences meet the gradient of %s", async (name) => {
  const before = start.get(name)?.data as Float32Array;
  const after = gradientStep.get(name)?.data as Float32Array;
  const gradient = before.map((value, i) => value - (after[i] as number));
  // The steepest parameter: noise of the loss hides it least.
  const index = gradient.reduce((best, g, i) => (Math.abs(g) > Math.abs(gradient[best] as number) ? i : best), 0);
  const expected = gradient[index] as number;
  // Small, because a larger move carries thousands of ReLUs over their kinks; smaller ones drown in float32.
  const move = 5e-4;
  const slope = ((await lossWith(name, index, move)) - (await lossWith(name, index, -move))) / (2 * move);
  expect(Math.abs(expected)).toBeGreaterThan(1e-3);
  expect(Math.abs(slope - expected) / Math.abs(expected), `${slope} for ${expected}`).toBeLessThan(0.02);
});
