import { mkdir, readdir, rename, rm, stat, writeFile } from "node:fs/promises";
import { dirname, extname, join } from "node:path";
import { encode } from "fast-png";
import { type TensorToWrite, writeSafetensors } from "../../src/checkpoints/safetensors.ts";
import { interleaved } from "../../src/generators/uploaded/draw.ts";
import { NPZ_BYTES, npyHeader, npzFile } from "../../src/runs/pools/npzFile.ts";
import { BadInput } from "../context.ts";
import type { Drawn } from "./draw.ts";

export type OutKind = "safetensors" | "npz" | "folder";

/** What `--out` names. @throws BadInput where nothing can be written there */
export async function outKind(out: string): Promise<OutKind> {
  const found = await stat(out).catch(() => null);
  const extension = extname(out).toLowerCase();
  if (extension === ".safetensors" || extension === ".npz") {
    if (found?.isDirectory()) throw new BadInput(`--out ${out} is a folder.`);
    const parent = await stat(dirname(out)).catch(() => null);
    if (!parent?.isDirectory()) throw new BadInput(`--out ${out}: there is no folder ${dirname(out)}.`);
    return extension === ".npz" ? "npz" : "safetensors";
  }
  if (found !== null && !found.isDirectory()) {
    throw new BadInput(`--out ${out} is a file, and neither .safetensors nor .npz. Name one of those, or a folder.`);
  }
  if (found !== null && (await readdir(out)).length > 0) {
    throw new BadInput(`--out ${out} is not empty: images of two generators would mix. Name a new folder.`);
  }
  return "folder";
}

/** Writes all of it, or nothing. */
export async function writeDrawn(
  out: string,
  kind: OutKind,
  drawn: Drawn,
  metadata: Record<string, string>,
): Promise<void> {
  const part = `${out.replace(/\/+$/, "")}.part`;
  await rm(part, { recursive: true, force: true });
  try {
    if (kind === "folder") await writePngs(part, drawn);
    else if (kind === "npz") await writeFile(part, npzFile(npzArrays(tensorsOf(drawn))));
    else await writeFile(part, writeSafetensors(tensorsOf(drawn), metadata));
    // An empty folder may stand where the new one goes.
    if (kind === "folder") await rm(out, { recursive: true, force: true });
    await rename(part, out);
  } catch (error) {
    await rm(part, { recursive: true, force: true });
    throw error;
  }
}

function tensorsOf({ count, resolution: r, images, u8, labels, trajectory }: Drawn): Map<string, TensorToWrite> {
  const shape = [count, 3, r, r];
  const tensors = new Map<string, TensorToWrite>([
    ["images", { shape, data: images }],
    ["u8", { shape, data: u8 }],
  ]);
  if (labels !== null) tensors.set("labels", { shape: [count], data: BigInt64Array.from(labels, BigInt) });
  if (trajectory !== null)
    tensors.set("trajectory", { shape: [trajectory.length / images.length, ...shape], data: trajectory });
  return tensors;
}

function npzArrays(tensors: ReadonlyMap<string, TensorToWrite>) {
  const bytes = [...tensors.values()].reduce((sum, { data }) => sum + data.byteLength, 0);
  if (bytes > NPZ_BYTES) throw new BadInput("An .npz holds 4,294 MB at most: write .safetensors, or a folder.");
  return [...tensors].map(([name, { shape, data }]) => {
    const descr = data instanceof Float32Array ? "<f4" : data instanceof Uint8Array ? "|u1" : "<i8";
    const elements = new Uint8Array(data.buffer as ArrayBuffer, data.byteOffset, data.byteLength);
    return [name, [npyHeader(descr, shape), elements]] as const;
  });
}

/** CLASS/NUMBER.png, or NUMBER.png without classes. */
async function writePngs(folder: string, { count, resolution, u8, labels }: Drawn): Promise<void> {
  const pixels = resolution * resolution;
  const digits = String(Math.max(0, ...(labels ?? []))).length;
  for (const label of new Set(labels ?? []))
    await mkdir(join(folder, String(label).padStart(digits, "0")), { recursive: true });
  await mkdir(folder, { recursive: true });
  for (let i = 0; i < count; i++) {
    const data = interleaved(u8.subarray(i * 3 * pixels, (i + 1) * 3 * pixels), 1, pixels);
    const place = labels === null ? "" : String(labels[i]).padStart(digits, "0");
    const png = encode({ data, width: resolution, height: resolution, channels: 3, depth: 8 });
    await writeFile(join(folder, place, `${String(i).padStart(7, "0")}.png`), png);
  }
}
