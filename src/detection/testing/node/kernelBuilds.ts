import type { DenseKernels } from "../../../engine/dense/kernels.ts";
import { openNodeDenseKernels } from "../../../engine/dense/node/open.ts";
import { plainKernels } from "../../../engine/dense/plain.ts";

/** Every build of the dense kernels that the detectors are tested on. A new one is one line here. */
export const kernelBuilds: readonly { readonly name: string; open(): Promise<DenseKernels> }[] = [
  { name: "plain", open: async () => plainKernels },
  { name: "simd", open: () => openNodeDenseKernels({ threads: 2, reproducible: true }) },
  { name: "relaxed or simd", open: () => openNodeDenseKernels({ threads: 1, reproducible: false }) },
];
