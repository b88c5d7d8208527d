import { existsSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { plainOps } from "../../../engine/ops/plain/plainOps.ts";
import { goldenNoise } from "../../../engine/tape/testing/goldenFill.ts";
import { filled } from "../testing/filledInception.ts";
import { checkInception, convolutionsOf, inceptionShapes } from "./inceptionKeys.ts";
import { type Block, inceptionBlocks, type Layer } from "./inceptionLayers.ts";
import { InceptionNetwork } from "./inceptionNetwork.ts";

const golden = new URL("../../../../../shared/golden/generators/fid/inception/keys.json", import.meta.url);

describe("keys of Inception-v3", () => {
  it.skipIf(!existsSync(golden))("are those of pytorch-fid's network, buffers and head aside", () => {
    const keys = JSON.parse(readFileSync(golden, "utf8")) as { name: string; shape: number[] }[];
    const wanted = keys.filter(({ name }) => !/num_batches_tracked|fc\.bias/.test(name));
    expect([...inceptionShapes()].sort()).toEqual(wanted.map(({ name, shape }) => [name, shape]).sort());
  });

  it("are asked for by name", () => {
    const shapes = inceptionShapes();
    expect(shapes.size).toBe(94 * 5 + 1);
    expect(() => checkInception(filled(shapes))).not.toThrow();
    shapes.delete("Mixed_6c.branch7x7_2.bn.bias");
    shapes.set("Mixed_7c.branch1x1.conv.weight", [320, 2048, 3, 3]);
    expect(() => checkInception(filled(shapes))).toThrow(
      /471 tensors 2 do not fit: Mixed_6c\.branch7x7_2\.bn\.bias is missing; .*\[320, 2048, 3, 3\], expected \[320, 2048, 1, 1\]/,
    );
  });

  it("tell torchvision's network from FID's", () => {
    const shapes = inceptionShapes();
    shapes.set("fc.weight", [1000, 2048]);
    expect(() => checkInception(filled(shapes))).toThrow("torchvision's Inception-v3");
  });
});

/** The blocks with a sixteenth of the channels. */
function narrow(blocks: readonly Block[]): Block[] {
  const thin = (layer: Layer): Layer => {
    if (layer.kind === "convolution") return { ...layer, channels: Math.ceil(layer.channels / 16) };
    if (layer.kind !== "fork") return layer;
    const [a, b] = layer.layers.map((each) => ({ ...each, channels: Math.ceil(each.channels / 16) }));
    return a !== undefined && b !== undefined ? { ...layer, layers: [a, b] } : layer;
  };
  return blocks.map(({ name, branches }) => ({ name, branches: branches.map((branch) => branch.map(thin)) }));
}

function shapesOf(blocks: readonly Block[]): Map<string, readonly number[]> {
  const shapes = new Map<string, readonly number[]>();
  for (const { name, layer, input } of convolutionsOf(blocks).convolutions) {
    shapes.set(`${name}.conv.weight`, [layer.channels, input, ...layer.kernel]);
    for (const part of ["weight", "bias", "running_mean", "running_var"]) {
      shapes.set(`${name}.bn.${part}`, [layer.channels]);
    }
  }
  return shapes;
}

describe("an Inception network", () => {
  const blocks = narrow(inceptionBlocks);
  const file = filled(shapesOf(blocks));
  const images = (count: number) => Float32Array.from(goldenNoise("images", count * 3 * 75 * 75));

  it("gives each image its features, whatever stands beside it, and leaves nothing behind", async () => {
    const ops = plainOps();
    const network = await InceptionNetwork.load(file, blocks, ops);
    const held = ops.bytes;
    const both = await network.features(images(2), 2, 75);
    const second = await network.features(images(2).slice(3 * 75 * 75), 1, 75);
    expect(network.featureDim).toBe(128);
    expect(both).toHaveLength(256);
    expect([...second]).toEqual([...both.slice(128)]);
    expect(ops.bytes).toBe(held);
    network.dispose();
    expect(ops.bytes).toBe(0);
  });

  it("refuses a tensor with NaN, by name", async () => {
    const tensors = new Map(file.tensors);
    const broken = async () => Float32Array.of(1, Number.NaN);
    tensors.set("Conv2d_2b_3x3.bn.bias", { dtype: "F32", shape: [2], read: broken });
    await expect(InceptionNetwork.load({ tensors }, blocks, plainOps())).rejects.toThrow(
      "Conv2d_2b_3x3.bn.bias holds NaN",
    );
  });
});
