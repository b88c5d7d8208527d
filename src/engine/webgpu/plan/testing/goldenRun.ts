import type { StateDict } from "../../../network.ts";
import { CIFAR10_STD, goldenBatch, goldenState, toNhwc } from "../../../tape/testing/goldenFill.ts";
import { createWebGpuEngine } from "../engine.ts";
import { WebGpuNetwork } from "../runtime/network.ts";
import { tapeCrossEntropy } from "./scenarios.ts";

export interface GoldenSteps {
  readonly losses: readonly number[];
  readonly step1: StateDict;
  readonly step5: StateDict;
  /** Evaluation-mode logits of the batch after the last step. */
  readonly logits: Float32Array;
}

/** The reference's five SGD steps: width 8, 8×8 pixels, batch 16. */
export async function goldenSteps(key: string, lr: number): Promise<GoldenSteps> {
  const engine = await createWebGpuEngine({ allowSoftware: true });
  try {
    const spec = { architecture: "resnet18", width: 8, classes: 10, imageSize: 8 } as const;
    const normalisation = { mean: [0, 0, 0], std: [1, 1, 1] } as const;
    const network = await engine.createNetwork(spec, { maxBatch: 16, normalisation });
    if (!(network instanceof WebGpuNetwork)) throw new Error("not a WebGPU network");
    await network.importState(goldenState(spec));
    const labels = Int32Array.from({ length: 16 }, (_, i) => (3 * i + 1) % 10);
    const input = toNhwc(goldenBatch(key, 16, 8, CIFAR10_STD), 8);
    const losses: number[] = [];
    const states: StateDict[] = [];
    for (let step = 1; step <= 5; step++) {
      const hyper = { lr, momentum: 0.9, weightDecay: 5e-4 };
      losses.push((await network.trainNormalised(input, labels, tapeCrossEntropy, hyper)).loss);
      if (step === 1 || step === 5) states.push(await network.exportState({ momenta: false }));
    }
    const [step1, step5] = states as [StateDict, StateDict];
    return { losses, step1, step5, logits: (await network.forwardNormalised(input, 16)).logits };
  } finally {
    engine.dispose();
  }
}
