import type { Architecture } from "../../../../networks/architecture.ts";
import { compileTrunk } from "../../../plan/compile.ts";
import type { KernelLimits } from "../../kernels/kernel.ts";
import { ALIGNMENT, lower } from "./lower.ts";
import { ParameterLayout } from "./parameterLayout.ts";

/** What one dispatch has to do at least. */
export interface DispatchCost {
  /** e.g. "convolve 3×3 s1 64→64 32×32". */
  readonly kernel: string;
  /** Useful floating-point operations; a multiply-add is two. */
  readonly flops: number;
  /** Bytes that have to be read and written, each once. */
  readonly bytes: number;
  readonly workgroups: number;
}

/** Every dispatch of a training step but the head's, in order. Needs no GPU, only its limits. */
export function trainingCosts(architecture: Architecture, batch: number, limits: KernelLimits): DispatchCost[] {
  const layout = new ParameterLayout(compileTrunk(architecture.trunk, ALIGNMENT), architecture.classes);
  const { augment, forward, backward } = lower(layout, batch, limits).passes;
  return [...augment, ...forward, ...backward].map(({ kernel }) => {
    const [x, y, z] = kernel.workgroups(batch);
    return { kernel: kernel.label, flops: kernel.flops(batch), bytes: kernel.bytes(batch), workgroups: x * y * z };
  });
}
