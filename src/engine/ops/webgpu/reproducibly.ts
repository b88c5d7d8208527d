import { webgpu_util } from "@tensorflow/tfjs-backend-webgpu";
import { env } from "@tensorflow/tfjs-core";

/**
 * Runs `work`, which multiplies matrices once or as a convolution. tfjs sums the long products of a single matrix by
 * atomic additions, in an order that differs between calls; here it does not.
 *
 * @param length of the sums
 */
export function reproducibly<T>(batch: number, length: number, work: () => T): T {
  if (batch > 1 || length < 2000) return work();
  const flag = "WEBGPU_MATMUL_PROGRAM_TYPE";
  const before = env().getNumber(flag);
  env().set(flag, webgpu_util.MatMulProgramType.MatMulSmallOutputSizeProgram);
  try {
    return work();
  } finally {
    env().set(flag, before);
  }
}
