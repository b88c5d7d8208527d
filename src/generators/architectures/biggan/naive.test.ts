import { describe, expect, it } from "vitest";
import { plainOps } from "../../../engine/ops/plain/plainOps.ts";
import { Stream } from "../../../random/stream.ts";
import type { ResidualNetwork } from "../residual/network.ts";
import { doubled, each, type Maps, Naive, relu, viewed } from "../residual/testing/naive.ts";
import { TinyState } from "../residual/testing/tinyState.ts";
import { bigGan } from "./biggan.ts";

/*
 * No reference images exist for BigGAN-PyTorch. It is compared with its forward pass written down a second time, with
 * loops, from the state_dict.
 */

const CLASSES = 3;
const SHARED = 4;
const CHUNK = 2;
const labels = Int32Array.of(2, 0);

/** Where a norm keeps its moments. */
type Norms = "own" | "mybn" | "synchronised";
/** How the class comes in: an embedding and chunks of z, an embedding alone, or tables in each norm. */
type Classes = "hierarchical" | "shared" | "tables";

const MOMENTS: Readonly<Record<Norms, [string, string]>> = {
  own: ["stored_mean", "stored_var"],
  mybn: ["bn.stored_mean", "bn.stored_var"],
  synchronised: ["bn.running_mean", "bn.running_var"],
};

function build(kind: Classes, norms: Norms): TinyState {
  const state = new TinyState("power");
  const inputs = kind === "hierarchical" ? SHARED + CHUNK : SHARED;
  const moments = (module: string, channels: number) => {
    const [mean, variance] = MOMENTS[norms];
    state.moments(`${module}.${mean}`, `${module}.${variance}`, channels);
    if (norms === "mybn") state.normal(`${module}.bn.accumulation_counter`, [1], 0, 0);
  };
  const norm = (module: string, channels: number) => {
    moments(module, channels);
    for (const part of ["gain", "bias"]) {
      if (kind === "tables") state.normal(`${module}.${part}.weight`, [CLASSES, channels], 0, 0.4);
      else state.weight(`${module}.${part}`, [channels, inputs], false);
    }
  };
  if (kind !== "tables") state.normal("shared.weight", [CLASSES, SHARED]);
  state.weight("linear", [8 * 16, CHUNK]);
  for (const [k, from, to] of [
    [0, 8, 8],
    [1, 8, 4],
  ] as const) {
    norm(`blocks.${k}.0.bn1`, from);
    norm(`blocks.${k}.0.bn2`, to);
    state.weight(`blocks.${k}.0.conv1`, [to, from, 3, 3]);
    state.weight(`blocks.${k}.0.conv2`, [to, to, 3, 3]);
    state.weight(`blocks.${k}.0.conv_sc`, [to, from, 1, 1]);
  }
  state.normal("blocks.0.1.gamma", [], 0.8, 0.1);
  state.weight("blocks.0.1.theta", [1, 8, 1, 1], false);
  state.weight("blocks.0.1.phi", [1, 8, 1, 1], false);
  state.weight("blocks.0.1.g", [4, 8, 1, 1], false);
  state.weight("blocks.0.1.o", [8, 4, 1, 1], false);
  state.normal("output_layer.0.gain", [4], 1, 0.2);
  state.normal("output_layer.0.bias", [4], 0, 0.2);
  moments("output_layer.0", 4);
  state.weight("output_layer.2", [3, 4, 3, 3]);
  return state;
}

function forward(state: TinyState, z: number[][], kind: Classes, norms: Norms): number[] {
  const naive = new Naive(state, 1e-5);
  const [mean, variance] = MOMENTS[norms];
  const row = (name: string, label: number, size: number) => [
    ...state.data(name).slice(label * size, (label + 1) * size),
  ];
  const told = (block: number) =>
    [...labels].map((label, n) => {
      const embedded = row("shared.weight", label, SHARED);
      const from = (block + 1) * CHUNK;
      return kind === "hierarchical" ? [...embedded, ...(z[n] ?? []).slice(from, from + CHUNK)] : embedded;
    });
  const ccbn = (x: Maps, module: string, block: number) => {
    const channels = x[0]?.length ?? 0;
    const affine = (part: string) =>
      kind === "tables"
        ? [...labels].map((label) => row(`${module}.${part}.weight`, label, channels))
        : told(block).map((condition) => naive.linear(`${module}.${part}`, condition));
    const gain = affine("gain").map((values) => values.map((value) => 1 + value));
    const bias = affine("bias");
    return naive.norm(
      x,
      `${module}.${mean}`,
      `${module}.${variance}`,
      (n) => gain[n] ?? [],
      (n) => bias[n] ?? [],
    );
  };
  let x: Maps = z.map((latent) => viewed(naive.linear("linear", latent.slice(0, CHUNK)), 8));
  for (const block of [0, 1]) {
    const module = `blocks.${block}.0`;
    let h = naive.convolution(`${module}.conv1`, doubled(relu(ccbn(x, `${module}.bn1`, block))));
    h = naive.convolution(`${module}.conv2`, relu(ccbn(h, `${module}.bn2`, block)));
    x = each(h, naive.convolution(`${module}.conv_sc`, doubled(x)), (a, b) => a + b);
    if (block > 0) continue;
    x = naive.attention(x, ["blocks.0.1.theta", "blocks.0.1.phi", "blocks.0.1.g", "blocks.0.1.o"], "blocks.0.1.gamma");
  }
  const [gain, bias] = [state.data("output_layer.0.gain"), state.data("output_layer.0.bias")];
  x = naive.norm(
    x,
    `output_layer.0.${mean}`,
    `output_layer.0.${variance}`,
    () => gain,
    () => bias,
  );
  return naive.convolution("output_layer.2", relu(x)).flat(3).map(Math.tanh);
}

describe("BigGAN of BigGAN-PyTorch", () => {
  it.each<[Classes, Norms, number]>([
    ["hierarchical", "own", 3 * CHUNK],
    ["hierarchical", "mybn", 3 * CHUNK],
    ["shared", "synchronised", CHUNK],
    ["tables", "own", CHUNK],
  ])("%s, moments of its norms: %s", async (kind, norms, latentSize) => {
    const state = build(kind, norms);
    const draw = new Stream(1, "z");
    const z = [...labels].map(() => Array.from({ length: latentSize }, () => Math.fround(draw.normal())));
    const recognised = bigGan.recognise(state.checkpoint());
    expect(recognised?.description).toMatchObject({ resolution: 16, classes: CLASSES, latentSize, warnings: [] });
    const ops = plainOps();
    const network = await recognised?.load(ops, recognised.description.defaults);
    const made = await (network as ResidualNetwork).images(Float32Array.from(z.flat()), labels);
    const expected = forward(state, z, kind, norms);
    const largest = expected.reduce((most, value, i) => Math.max(most, Math.abs(value - (made[i] as number))), 0);
    expect(largest).toBeLessThan(5e-6);
    expect(Math.max(...expected.map(Math.abs))).toBeGreaterThan(0.2);
  });

  it("tells a discriminator", () => {
    const state = build("hierarchical", "own");
    for (const name of [...state.tensors.keys()]) {
      if (/^(shared|output_layer)|\.bn[12]\./.test(name)) state.tensors.delete(name);
    }
    state.weight("embed", [CLASSES, 8], false);
    expect(() => bigGan.recognise(state.checkpoint())).toThrow(/discriminator/);
  });
});
