import { goldenJson } from "./goldenFiles.ts";

interface Manifest {
  readonly values_float32: readonly number[];
  readonly uint8: Readonly<Record<string, readonly number[]>>;
}

/** The golden values of one repository's rule: images, and what they become. */
export function goldenQuantisation(rule: string): { images: Float32Array; expected: Uint8Array } {
  const manifest = goldenJson<Manifest>("quantisation/manifest.json");
  const expected = manifest.uint8[rule];
  if (!expected) throw new Error(`No rule ${rule} among the goldens.`);
  return { images: Float32Array.from(manifest.values_float32), expected: Uint8Array.from(expected) };
}
