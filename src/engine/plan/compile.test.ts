import { describe, expect, it } from "vitest";
import { denseNetTrunk } from "../../networks/densenet.ts";
import { resnet18LargeTrunk, resnet18Trunk } from "../../networks/resnet.ts";
import { TrunkBuilder } from "../../networks/trunk.ts";
import { compileTrunk } from "./compile.ts";
import { arrange, lifetimes } from "./lifetimes.ts";
import type { Step } from "./steps.ts";

function kinds(steps: readonly Step[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { kind } of steps) counts[kind] = (counts[kind] ?? 0) + 1;
  return counts;
}

describe("compileTrunk on ResNet-18", () => {
  const plan = compileTrunk(resnet18Trunk(8, 32), 8);

  it("makes one pass of each norm with its sum and ReLU", () => {
    expect(kinds(plan.training.forward)).toEqual({ convolve: 20, batchStatistics: 20, combine: 17, globalAverage: 1 });
    expect(kinds(plan.training.backward)).toEqual({
      globalAverageGradient: 1,
      combineGradient: 17,
      weightGradient: 20,
      inputGradient: 19,
    });
  });

  it("folds every norm into its convolution for evaluation", () => {
    expect(kinds(plan.evaluation.forward)).toEqual({ convolve: 20, globalAverage: 1 });
    expect(plan.evaluation.backward).toEqual([]);
    const withResidual = plan.evaluation.forward.filter((step) => step.kind === "convolve" && step.epilogue?.residual);
    expect(withResidual).toHaveLength(8);
  });

  it("reaches the images only in the probe", () => {
    expect(kinds(plan.probe.backward)).toEqual({ globalAverageGradient: 1, combineGradient: 17, inputGradient: 20 });
    expect(plan.probe.inputGradient.root.name).toBe("gradient of map 0");
  });

  it("adds the second gradient that reaches a map to the first", () => {
    const sums = plan.training.backward.filter((step) => step.kind === "inputGradient" && step.accumulate);
    // Each block's input is reached by the residual first and by the first convolution then.
    expect(sums).toHaveLength(8);
  });
});

describe("compileTrunk on DenseNet", () => {
  const trunk = denseNetTrunk({ depth: 22, growth: 4, imageSize: 32 });
  const plan = compileTrunk(trunk, 8);

  it("puts a block's maps into one root, each piece aligned, and concatenates without a step", () => {
    expect(plan.training.forward.some((step) => (step.kind as string) === "concat")).toBe(false);
    // 10 + 4 + 4 + 4 channels, each piece rounded up to 8.
    const root = plan.training.roots.find(({ height, channels }) => height === 16 && channels === 40);
    expect(root).toBeDefined();
    const norm = plan.parameters.norms.find(({ layer }) => layer.name === "block2.layer.2.bn1");
    expect(norm?.channels).toBe(32);
    expect(norm?.lanes).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 16, 17, 18, 19, 24, 25, 26, 27]);
    expect(plan.features.lanes).toHaveLength(23);
  });

  it("leaves channels in their lanes through norms, ReLUs and pools", () => {
    for (const step of plan.training.forward) {
      if (step.kind === "combine") for (const { map } of step.terms) expect(map.lanes).toEqual(step.out.lanes);
      if (step.kind === "pool") expect(step.x.lanes).toEqual(step.y.lanes);
    }
  });

  it("adds the gradients of a block's earlier pieces up in place", () => {
    for (const step of plan.training.backward) {
      if (step.kind !== "combineGradient") continue;
      const { terms } = step;
      const name = terms[0]?.norm?.layer.name ?? "";
      if (/layer\.\d\.bn1/.test(name)) expect(terms[0]?.accumulate).toBe(true);
    }
  });

  it("folds the second norm of a layer, whose input is a convolution, and no other", () => {
    const folded = plan.evaluation.forward.filter((step) => step.kind === "convolve" && step.epilogue);
    expect(folded).toHaveLength(9);
    expect(kinds(plan.evaluation.forward)).toMatchObject({ combine: 9 + 2 + 1, runningStatistics: 12, pool: 2 });
  });
});

describe("compileTrunk", () => {
  it("keeps layers apart that cannot be one pass", () => {
    const builder = new TrunkBuilder(8, 8);
    const window = { kernel: 3, stride: 1, padding: 1 };
    const a = builder.convolution("a", builder.input, 8, window);
    const normed = builder.batchNorm("n", a);
    // Read twice: by the ReLU and by the sum.
    const sum = builder.add(builder.relu(normed), normed);
    const plan = compileTrunk(builder.build(sum), 8);
    expect(kinds(plan.training.forward)).toMatchObject({ combine: 3 });
    // The folded convolution writes the norm itself; ReLU and sum follow.
    expect(kinds(plan.evaluation.forward)).toEqual({ convolve: 1, combine: 2, globalAverage: 1 });
  });

  it("does not fold a norm whose convolution something else reads", () => {
    const builder = new TrunkBuilder(8, 8);
    const a = builder.convolution("a", builder.input, 8, { kernel: 1, stride: 1, padding: 0 });
    const plan = compileTrunk(builder.build(builder.add(builder.relu(builder.batchNorm("n", a)), a)), 8);
    expect(kinds(plan.evaluation.forward)).toMatchObject({ convolve: 1, runningStatistics: 1, combine: 2 });
  });

  it("compiles the 224-pixel stem", () => {
    const plan = compileTrunk(resnet18LargeTrunk(8, 64), 8);
    expect(kinds(plan.training.backward)).toMatchObject({ poolGradient: 1, combineGradient: 17 });
  });

  it("refuses a sum of a concatenation and a map whose channels lie elsewhere", () => {
    const point = { kernel: 1, stride: 1, padding: 0 };
    const builder = new TrunkBuilder(8, 8);
    const joined = builder.concat(
      builder.convolution("a", builder.input, 4, point),
      builder.convolution("b", builder.input, 4, point),
    );
    const trunk = builder.build(builder.add(joined, builder.convolution("c", builder.input, 8, point)));
    expect(() => compileTrunk(trunk, 8)).toThrow("needs its channels in the same lanes");
    expect(compileTrunk(trunk, 4).features.lanes).toHaveLength(8);
  });

  it("lets a pool stand before everything, and a norm behind the first convolution only", () => {
    const builder = new TrunkBuilder(8, 8);
    const pooled = builder.averagePool(builder.input, { kernel: 2, stride: 2, padding: 0 });
    const plan = compileTrunk(
      builder.build(builder.convolution("a", pooled, 8, { kernel: 1, stride: 1, padding: 0 })),
      8,
    );
    expect(kinds(plan.training.backward)).toEqual({ globalAverageGradient: 1, weightGradient: 1, inputGradient: 1 });
    expect(kinds(plan.probe.backward)).toMatchObject({ inputGradient: 1, poolGradient: 1 });
    const normed = new TrunkBuilder(8, 8);
    expect(() => compileTrunk(normed.build(normed.batchNorm("n", normed.input)), 8)).toThrow("a convolution before");
  });

  it("refuses a layer that nothing reads, by name", () => {
    const builder = new TrunkBuilder(8, 8);
    const a = builder.convolution("a", builder.input, 8, { kernel: 1, stride: 1, padding: 0 });
    builder.convolution("b", a, 8, { kernel: 1, stride: 1, padding: 0 });
    expect(() => compileTrunk(builder.build(a), 8)).toThrow('The convolution "b" computes map 2, which nothing reads');
  });

  it("refuses a map in two concatenations and a piece read after its concatenation", () => {
    const point = { kernel: 1, stride: 1, padding: 0 };
    const twice = new TrunkBuilder(8, 8);
    const a = twice.convolution("a", twice.input, 8, point);
    const b = twice.convolution("b", twice.input, 8, point);
    const both = twice.add(twice.concat(a, b), twice.concat(b, a));
    expect(() => compileTrunk(twice.build(both), 8)).toThrow("part of two concatenations");
    const late = new TrunkBuilder(8, 8);
    const c = late.convolution("c", late.input, 8, point);
    const d = late.convolution("d", late.input, 8, point);
    const whole = late.relu(late.concat(c, d));
    const reread = late.add(late.convolution("e", whole, 8, point), late.convolution("f", c, 8, point));
    expect(() => compileTrunk(late.build(reread), 8)).toThrow("must not be read after the concatenation");
  });
});

describe("memory", () => {
  it("needs less than 1 GB for width 64 and batch 128, parameters aside", () => {
    const { training } = compileTrunk(resnet18Trunk(64, 32), 4);
    const steps = [...training.forward, ...training.backward];
    const spans = [...lifetimes(steps, (index) => index)];
    const blocks = spans.map(([{ channels, height, width }, lifetime]) => {
      return { ...lifetime, bytes: 128 * channels * height * width * 4 };
    });
    expect(spans).toHaveLength(training.roots.length);
    expect(arrange(blocks, 256).bytes).toBeLessThan(0.8e9);
  });

  it("keeps a residual until the convolution that adds it", () => {
    const steps = compileTrunk(resnet18Trunk(8, 32), 8).evaluation.forward;
    const spans = lifetimes(steps, (index) => index);
    const lasts = steps.flatMap((step, index) => {
      if (step.kind !== "convolve" || !step.epilogue?.residual) return [];
      return [(spans.get(step.epilogue.residual.root)?.last ?? -1) >= index];
    });
    expect(lasts).toEqual(Array(8).fill(true));
  });

  it("never lets two blocks that live at a time overlap, nor one cross a slab", () => {
    const blocks = Array.from({ length: 40 }, (_, i) => {
      const first = (i * 7) % 20;
      return { bytes: 100 + ((i * 37) % 11) * 80, first, last: first + (i % 6) };
    });
    for (const slab of [Number.POSITIVE_INFINITY, 1000]) {
      const { offsets } = arrange(blocks, 16, slab);
      blocks.forEach((a, i) => {
        const from = offsets[i] as number;
        expect(from % 16 === 0 || from % slab === 0).toBe(true);
        if (slab === 1000) expect(Math.floor(from / slab)).toBe(Math.floor((from + a.bytes - 1) / slab));
        blocks.slice(0, i).forEach((b, j) => {
          const other = offsets[j] as number;
          const together = a.first <= b.last && b.first <= a.last;
          if (together) expect(from + a.bytes <= other || other + b.bytes <= from).toBe(true);
        });
      });
    }
    expect(() => arrange(blocks, 16, 500)).toThrow("does not fit a slab of 500");
  });
});
