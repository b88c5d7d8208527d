import { chooseBuild, type DenseRequest } from "../../dense/choose.ts";
import { allowRelaxedSimd, nodeThreads, readBuilt, spawnNodeHelper } from "../../dense/node/open.ts";
import { WasmOps } from "../wasm/wasmOps.ts";

/**
 * The image operations in Node. Their threads keep the process alive: dispose them.
 *
 * @param build folder with {relaxed,simd}.wasm and kernelThread.mjs, as scripts/build-kernels.mjs makes it; a bundle
 *   that moved this file names the place where it keeps them
 */
export async function openNodeImageOps(
  request: DenseRequest,
  build: URL = new URL("../build/", import.meta.url),
): Promise<WasmOps> {
  allowRelaxedSimd();
  const load = (variant: string) => readBuilt(new URL(`${variant}.wasm`, build));
  const { variant, module } = await chooseBuild(request.reproducible, load);
  return new WasmOps(variant, nodeThreads(request), module, () => spawnNodeHelper(new URL("kernelThread.mjs", build)));
}
