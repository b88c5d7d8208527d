import { openWebGpuOps } from "../../../engine/ops/webgpu/open.ts";
import { tinyImages } from "./tinyImages.ts";

/** Images of the tiny networks on this process's GPU. */
export async function imagesOnGpu(): Promise<{ images: Float32Array[]; held: number }> {
  const { ops } = await openWebGpuOps({ allowSoftware: true });
  try {
    return { images: await tinyImages(ops), held: ops.bytes };
  } finally {
    ops.dispose();
  }
}
