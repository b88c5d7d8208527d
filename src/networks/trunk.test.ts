import { describe, expect, it } from "vitest";
import { architecture, stateLayout, trunkLayout } from "./architecture.ts";
import { denseNetTrunk } from "./densenet.ts";
import { resnet18LargeTrunk } from "./resnet.ts";
import { type Trunk, TrunkBuilder } from "./trunk.ts";

function parameters(layout: readonly { shape: readonly number[]; trained: boolean }[]): number {
  return layout.filter(({ trained }) => trained).reduce((sum, { shape }) => sum + shape.reduce((a, b) => a * b, 1), 0);
}

const lastShape = ({ maps, last }: Trunk) => maps[last];

describe("architectures", () => {
  it("ResNet-18 for 32 pixels has OpenOOD's parameters in PyTorch's order", () => {
    const spec = { architecture: "resnet18", width: 64, classes: 10, imageSize: 32 } as const;
    const network = architecture(spec);
    const layout = stateLayout(network);
    expect(parameters(layout)).toBe(11_173_962);
    expect(layout.slice(0, 6).map(({ name }) => name)).toEqual([
      "conv1.weight",
      "bn1.weight",
      "bn1.bias",
      "bn1.running_mean",
      "bn1.running_var",
      "layer1.0.conv1.weight",
    ]);
    expect(layout.find(({ name }) => name === "layer2.0.shortcut.0.weight")?.shape).toEqual([128, 64, 1, 1]);
    expect(lastShape(network.trunk)).toEqual({ channels: 512, height: 4, width: 4 });
  });

  it("ResNet-18 for 224 pixels ends in 512 × 7 × 7", () => {
    const trunk = resnet18LargeTrunk(64, 224);
    expect(lastShape(trunk)).toEqual({ channels: 512, height: 7, width: 7 });
    // torchvision's ResNet-18 has 11,176,512 parameters without its head.
    expect(parameters(trunkLayout(trunk))).toBe(11_176_512);
  });

  it("DenseNet-BC-100-12 has 342 features and OpenOOD's parameters", () => {
    const trunk = denseNetTrunk({ depth: 100, growth: 12, imageSize: 32 });
    expect(trunk.featureDim).toBe(342);
    expect(parameters(stateLayout({ trunk, classes: 10 }))).toBe(769_162);
  });
});

describe("TrunkBuilder", () => {
  it("computes output sides as PyTorch does", () => {
    const builder = new TrunkBuilder(7, 10);
    const x = builder.convolution("a", builder.input, 4, { kernel: 3, stride: 2, padding: 1 });
    expect(builder.build(x).maps[x]).toEqual({ channels: 4, height: 4, width: 5 });
  });

  it("names what does not fit", () => {
    const builder = new TrunkBuilder(4, 4);
    const window = { kernel: 3, stride: 1, padding: 0 };
    const a = builder.convolution("a", builder.input, 4, window);
    expect(() => builder.convolution("a", a, 4, { ...window, kernel: 1 })).toThrow('Two layers are named "a"');
    expect(() => builder.convolution("b", a, 4, window)).toThrow("a window of 3 does not fit 4×2×2");
    expect(() => builder.add(a, builder.input)).toThrow("4×2×2 and 3×4×4");
    expect(() => builder.concat(a, builder.input)).toThrow("4×2×2 and 3×4×4");
    expect(() => builder.maxPool(a, { kernel: 2, stride: 2, padding: 2 })).toThrow();
    expect(() => builder.convolution("c", builder.input, 0, window)).toThrow("positive integer, not 0");
  });
});
