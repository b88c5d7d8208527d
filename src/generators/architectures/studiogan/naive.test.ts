import { describe, expect, it } from "vitest";
import { plainOps } from "../../../engine/ops/plain/plainOps.ts";
import { Stream } from "../../../random/stream.ts";
import type { ResidualNetwork } from "../residual/network.ts";
import { doubled, each, type Maps, Naive, relu, viewed } from "../residual/testing/naive.ts";
import { type Keeping, TinyState } from "../residual/testing/tinyState.ts";
import { studioGan } from "./studiogan.ts";

/*
 * No reference images exist for these networks. They are compared with the published forward passes written down a
 * second time, with loops, from the state_dict.
 */

const EPS = 1e-4;
const COUNT = 2;
const CLASSES = 3;
const labels = Int32Array.of(2, 0);

function conditionalNorm(state: TinyState, name: string, channels: number, inputs: number): void {
  state.moments(`${name}.bn.running_mean`, `${name}.bn.running_var`, channels);
  state.weight(`${name}.gain`, [channels, inputs], false);
  state.weight(`${name}.bias`, [channels, inputs], false);
}

function ending(state: TinyState, channels: number): void {
  state.normal("bn4.weight", [channels], 1, 0.2);
  state.normal("bn4.bias", [channels], 0, 0.2);
  state.moments("bn4.running_mean", "bn4.running_var", channels);
  state.weight("conv2d5", [3, channels, 3, 3]);
}

function attention(state: TinyState, module: string, channels: number): void {
  state.normal(`${module}.sigma`, [1], 0.8, 0.1);
  state.weight(`${module}.conv1x1_theta`, [channels / 8, channels, 1, 1], false);
  state.weight(`${module}.conv1x1_phi`, [channels / 8, channels, 1, 1], false);
  state.weight(`${module}.conv1x1_g`, [channels / 2, channels, 1, 1], false);
  state.weight(`${module}.conv1x1_attn`, [channels, channels / 2, 1, 1], false);
}

const ATTENTION = ["theta", "phi", "g", "attn"].map((part) => `blocks.1.0.conv1x1_${part}`) as [
  string,
  string,
  string,
  string,
];

function cbn(naive: Naive, x: Maps, name: string, condition: number[][]): Maps {
  const gain = condition.map((told) => naive.linear(`${name}.gain`, told).map((value) => 1 + value));
  const bias = condition.map((told) => naive.linear(`${name}.bias`, told));
  return naive.norm(
    x,
    `${name}.bn.running_mean`,
    `${name}.bn.running_var`,
    (n) => gain[n] ?? [],
    (n) => bias[n] ?? [],
  );
}

function finish(naive: Naive, state: TinyState, x: Maps): number[] {
  const normed = naive.norm(
    x,
    "bn4.running_mean",
    "bn4.running_var",
    () => state.data("bn4.weight"),
    () => state.data("bn4.bias"),
  );
  return naive.convolution("conv2d5", relu(normed)).flat(3).map(Math.tanh);
}

function latents(size: number): number[][] {
  const draw = new Stream(1, "z");
  return Array.from({ length: COUNT }, () => Array.from({ length: size }, () => Math.fround(draw.normal())));
}

async function images(state: TinyState, z: number[][], expected: Record<string, unknown>): Promise<Float32Array> {
  const recognised = studioGan.recognise(state.checkpoint());
  expect(recognised?.description).toMatchObject(expected);
  const ops = plainOps();
  const network = await recognised?.load(ops, { ...recognised.description.defaults, spectralNorm: "stored" });
  return (network as ResidualNetwork).images(Float32Array.from(z.flat()), labels);
}

function expectSame(made: Float32Array, naive: number[]): void {
  expect(made).toHaveLength(naive.length);
  const largest = naive.reduce((most, value, i) => Math.max(most, Math.abs(value - (made[i] as number))), 0);
  expect(largest).toBeLessThan(5e-6);
  expect(Math.max(...naive.map(Math.abs))).toBeGreaterThan(0.2);
}

const oneHot = () => [...labels].map((label) => Array.from({ length: CLASSES }, (_, k) => (k === label ? 1 : 0)));

describe("StudioGAN's resnet", () => {
  /** [8, 4, 4] → 8 channels at 8 pixels → attention → 6 channels at 16 pixels. */
  function build(keeping: Keeping): TinyState {
    const state = new TinyState(keeping);
    state.weight("linear0", [8 * 16, 10]);
    for (const [k, inputs, outputs] of [
      [0, 8, 8],
      [2, 8, 6],
    ] as const) {
      conditionalNorm(state, `blocks.${k}.0.bn1`, inputs, CLASSES);
      conditionalNorm(state, `blocks.${k}.0.bn2`, outputs, CLASSES);
      state.weight(`blocks.${k}.0.conv2d0`, [outputs, inputs, 1, 1]);
      state.weight(`blocks.${k}.0.conv2d1`, [outputs, inputs, 3, 3]);
      state.weight(`blocks.${k}.0.conv2d2`, [outputs, outputs, 3, 3]);
    }
    attention(state, "blocks.1.0", 8);
    ending(state, 6);
    return state;
  }

  function forward(state: TinyState, z: number[][]): number[] {
    const naive = new Naive(state, EPS);
    let x: Maps = z.map((latent) => viewed(naive.linear("linear0", latent), 8));
    for (const module of ["blocks.0.0", "blocks.1.0", "blocks.2.0"]) {
      if (module === "blocks.1.0") {
        x = naive.attention(x, ATTENTION, `${module}.sigma`);
        continue;
      }
      let h = naive.convolution(`${module}.conv2d1`, doubled(relu(cbn(naive, x, `${module}.bn1`, oneHot()))));
      h = naive.convolution(`${module}.conv2d2`, relu(cbn(naive, h, `${module}.bn2`, oneHot())));
      x = each(h, naive.convolution(`${module}.conv2d0`, doubled(x)), (a, b) => a + b);
    }
    return finish(naive, state, x);
  }

  it.each<Keeping>(["plain", "hook"])("with weights kept as %s", async (keeping) => {
    const state = build(keeping);
    const z = latents(10);
    const made = await images(state, z, {
      architecture: "studiogan-resnet",
      resolution: 16,
      classes: 3,
      latentSize: 10,
    });
    expectSame(made, forward(state, z));
  });

  it("under its names before 2022", async () => {
    const state = build("plain");
    const z = latents(10);
    const expected = forward(state, z);
    for (const name of [...state.tensors.keys()]) {
      const part = /^(.*\.bn[12])\.(gain|bias)\.weight$/.exec(name);
      if (!part) continue;
      const [channels = 0, classes = 0] = state.shape(name);
      const old = state.data(name);
      const data = Float32Array.from(old, (_, i) => old[(i % channels) * classes + Math.floor(i / channels)] as number);
      state.tensors.delete(name);
      state.tensors.set(`${part[1]}.embed${part[2] === "gain" ? 0 : 1}.weight`, { shape: [classes, channels], data });
    }
    expectSame(await images(state, z, { architecture: "studiogan-resnet", warnings: [] }), expected);
  });
});

describe("StudioGAN's big_resnet_deep", () => {
  const inputs = 5 + 6;

  /** Depth 2: 8 → 8 channels, then 8 → 4 at 8 pixels; attention at 8 pixels; 8 → 8 → … once more at 16. */
  function build(shortcut: boolean): TinyState {
    const state = new TinyState("hook");
    state.normal("shared.weight", [CLASSES, 5]);
    state.weight("linear0", [8 * 16, inputs]);
    const blocks = [
      [0, 8, 8],
      [1, 8, 8],
      [3, 8, 8],
      [4, 8, 4],
    ] as const;
    for (const [k, from, to] of blocks) {
      const module = `blocks.${k}.0`;
      conditionalNorm(state, `${module}.bn1`, from, inputs);
      for (const at of [2, 3, 4]) conditionalNorm(state, `${module}.bn${at}`, 2, inputs);
      state.weight(`${module}.conv2d1`, [2, from, 1, 1]);
      state.weight(`${module}.conv2d2`, [2, 2, 3, 3]);
      state.weight(`${module}.conv2d3`, [2, 2, 3, 3]);
      state.weight(`${module}.conv2d4`, [to, 2, 1, 1]);
      if (shortcut) state.weight(`${module}.conv2d0`, [to, from, 1, 1]);
    }
    attention(state, "blocks.2.0", 8);
    ending(state, 4);
    return state;
  }

  function forward(state: TinyState, z: number[][], shortcut: boolean): number[] {
    const naive = new Naive(state, EPS);
    const table = state.data("shared.weight");
    const told = z.map((latent, n) => [
      ...table.slice((labels[n] as number) * 5, (labels[n] as number) * 5 + 5),
      ...latent,
    ]);
    let x: Maps = told.map((condition) => viewed(naive.linear("linear0", condition), 8));
    const parts = ATTENTION.map((name) => name.replace("blocks.1", "blocks.2")) as [string, string, string, string];
    for (const [k, doubles, outputs] of [
      [0, false, 8],
      [1, true, 8],
      [2, false, 8],
      [3, false, 8],
      [4, true, 4],
    ] as const) {
      const module = `blocks.${k}.0`;
      if (k === 2) {
        x = naive.attention(x, parts, `${module}.sigma`);
        continue;
      }
      let h = naive.convolution(`${module}.conv2d1`, relu(cbn(naive, x, `${module}.bn1`, told)));
      h = relu(cbn(naive, h, `${module}.bn2`, told));
      h = naive.convolution(`${module}.conv2d2`, doubles ? doubled(h) : h);
      h = naive.convolution(`${module}.conv2d3`, relu(cbn(naive, h, `${module}.bn3`, told)));
      h = naive.convolution(`${module}.conv2d4`, relu(cbn(naive, h, `${module}.bn4`, told)));
      let past = shortcut ? x : x.map((maps) => maps.slice(0, outputs));
      if (doubles) past = doubled(past);
      if (shortcut) past = naive.convolution(`${module}.conv2d0`, past);
      x = each(h, past, (a, b) => a + b);
    }
    return finish(naive, state, x);
  }

  it.each([
    ["legacy", false],
    ["studiogan", true],
  ])("%s", async (kind, shortcut) => {
    const state = build(shortcut);
    const z = latents(6);
    const architecture = `studiogan-big-resnet-deep-${kind}`;
    const made = await images(state, z, { architecture, resolution: 16, classes: 3, latentSize: 6 });
    expectSame(made, forward(state, z, shortcut));
  });
});
