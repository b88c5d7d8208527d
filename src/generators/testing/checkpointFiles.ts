import { bytesSource } from "../../checkpoints/byteSource.ts";
import type { CheckpointFile, NamedSource } from "../../checkpoints/checkpointFile.ts";
import { type TensorToWrite, writeSafetensors } from "../../checkpoints/safetensors.ts";
import { tinyBigResnet } from "../architectures/residual/testing/tinyBigResnet.ts";

/** A checkpoint of tests as the bytes of a .safetensors file. */
export async function safetensorsOf(file: CheckpointFile): Promise<Uint8Array<ArrayBuffer>> {
  const tensors = new Map<string, TensorToWrite>();
  for (const [name, { shape, read }] of file.tensors) tensors.set(name, { shape, data: await read() });
  return writeSafetensors(tensors, file.metadata);
}

/** A StudioGAN generator of 4 classes and 16 × 16 pixels, as a file. */
export async function tinyGanFile(name = "tiny.safetensors"): Promise<NamedSource> {
  return { name, source: bytesSource(await safetensorsOf(tinyBigResnet("hook").checkpoint())) };
}
