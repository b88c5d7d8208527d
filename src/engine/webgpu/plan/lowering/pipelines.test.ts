import { expect, it } from "vitest";
import { architecture } from "../../../../networks/architecture.ts";
import { denseNetTrunk } from "../../../../networks/densenet.ts";
import type { Trunk } from "../../../../networks/trunk.ts";
import { compileTrunk } from "../../../plan/compile.ts";
import { ALIGNMENT, lower } from "./lower.ts";
import { ParameterLayout } from "./parameterLayout.ts";
import type { Call } from "./slots.ts";

/** WebGPU's guaranteed limits. */
const limits = { maxComputeInvocationsPerWorkgroup: 256, maxComputeWorkgroupStorageSize: 16_384 };
const resnet = (width: number) => architecture({ architecture: "resnet18", width, classes: 10, imageSize: 32 }).trunk;

/** Compiling is what a user waits for before the first step: maps of other sizes must not mean other pipelines. */
it.each<readonly [string, Trunk, number, number]>([
  ["ResNet-18 of width 64", resnet(64), 20, 25],
  ["ResNet-18 of width 8", resnet(8), 27, 33],
  ["DenseNet-BC 40", denseNetTrunk({ depth: 40, growth: 12, imageSize: 32 }), 18, 22],
])("%s needs few pipelines besides the convolutions'", (_name, trunk, training, all) => {
  const { passes } = lower(new ParameterLayout(compileTrunk(trunk, ALIGNMENT), 10), 128, limits);
  const { augment, forward, backward } = passes;
  expect(pipelines([...augment, ...forward, ...backward])).toBeLessThanOrEqual(training);
  expect(pipelines(Object.values(passes).flat())).toBeLessThanOrEqual(all);
});

function pipelines(calls: readonly Call[]): number {
  const others = calls.filter(({ kernel }) => !/^(convolve|input gradient|weight gradient)/.test(kernel.label));
  return new Set(others.map(({ kernel }) => kernel.code)).size;
}
