import type { DenseKernels } from "../src/engine/dense/kernels.ts";
import { openNodeDenseKernels } from "../src/engine/dense/node/open.ts";
import { plainKernels } from "../src/engine/dense/plain.ts";
import type { CommonOptions } from "./context.ts";

/** The kernels as scripts/build-kernels.mjs leaves them, seen from dist-cli/ and from cli/. */
const build = new URL("../src/engine/dense/build/", import.meta.url);

/** The kernels that detectors score with: WebAssembly, or float64 loops for `--backend cpu`. */
export async function openKernels(options: CommonOptions): Promise<DenseKernels> {
  if (options.backend === "cpu") return plainKernels;
  return openNodeDenseKernels({ reproducible: options.reproducible === true, threads: options.threads }, build);
}
