import type { DenseKernels } from "../../../engine/dense/kernels.ts";
import { plainKernels } from "../../../engine/dense/plain.ts";

/** Every build of the dense kernels that the detectors are tested on. A new one is one line here. */
export const kernelBuilds: readonly { readonly name: string; open(): Promise<DenseKernels> }[] = [
  { name: "plain", open: async () => plainKernels },
];
