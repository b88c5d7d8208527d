import { type DispatchCost, trainingCosts } from "../../src/engine/webgpu/plan/lowering/costs.ts";
import { architecture } from "../../src/networks/architecture.ts";

/** What every WebGPU device has; larger ones of a GPU change none of the tiles. */
const guaranteed = { maxComputeInvocationsPerWorkgroup: 256, maxComputeWorkgroupStorageSize: 16_384 };

/**
 * What a training step of ResNet-18 on WebGPU has to do: every dispatch of the plan with its arithmetic and its bytes,
 * as Markdown. Counted from the plan, so it needs no GPU.
 */
export function costsReport(width: number, batch: number, imageSize: number): string {
  const network = architecture({ architecture: "resnet18", width, classes: 10, imageSize });
  const costs = trainingCosts(network, batch, guaranteed);
  const groups = grouped(costs, ({ kernel }) => kernel);
  const kinds = grouped(costs, ({ kernel }) => kernel.replace(/( of)?[ ,]*[\d(].*/, ""));
  return [
    `ResNet-18 of width ${width}, ${imageSize} pixels, batch ${batch}. FLOP count a multiply-add as two, padding as if it were computed.`,
    "MB are what has to be read and written at least once. The head and its loss add about 25 small dispatches of tfjs.",
    "",
    ...table("kind of kernel", kinds, costs),
    "",
    ...table("kernel", groups, costs),
  ].join("\n");
}

type Group = readonly [name: string, costs: readonly DispatchCost[]];

function grouped(costs: readonly DispatchCost[], name: (cost: DispatchCost) => string): Group[] {
  const groups = new Map<string, DispatchCost[]>();
  for (const cost of costs) groups.set(name(cost), [...(groups.get(name(cost)) ?? []), cost]);
  return [...groups];
}

function table(title: string, groups: readonly Group[], all: readonly DispatchCost[]): string[] {
  return [
    `| ${title} | dispatches | workgroups | GFLOP | MB | FLOP/byte |`,
    "| --- | ---: | ---: | ---: | ---: | ---: |",
    ...[...groups, ["all", all] as const].map(([name, costs]) => `| ${[name, ...numbers(costs)].join(" | ")} |`),
  ];
}

/** Sums over the dispatches of a group. */
function numbers(costs: readonly DispatchCost[]): string[] {
  const sum = (of: (cost: DispatchCost) => number) => costs.reduce((total, cost) => total + of(cost), 0);
  const [flops, bytes] = [sum((cost) => cost.flops), sum((cost) => cost.bytes)];
  const counts = [costs.length, sum(({ workgroups }) => workgroups)].map((count) => count.toLocaleString("en"));
  return [...counts, (flops / 1e9).toFixed(flops < 1e9 ? 3 : 1), (bytes / 1e6).toFixed(1), (flops / bytes).toFixed(1)];
}
