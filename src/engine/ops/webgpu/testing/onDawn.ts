import { openWebGpuOps } from "../open.ts";
import { selfTestNumbers } from "../selfTest.ts";

/** What the self-test's network gives on this process's GPU. */
export async function numbersOnGpu(): Promise<{ adapter: string; numbers: Float32Array; held: number }> {
  const { ops, adapter } = await openWebGpuOps({ allowSoftware: true });
  try {
    return { adapter, numbers: await selfTestNumbers(ops), held: ops.bytes };
  } finally {
    ops.dispose();
  }
}
