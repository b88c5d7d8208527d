const { fround } = Math;

/** uint8 as NVIDIA's generate.py has it: ⌊127.5 · x + 128⌋, clamped, every step rounded to float32. NaN becomes 0. */
export function quantiseNvidia(images: Float32Array): Uint8Array {
  return Uint8Array.from(images, (x) => Math.max(0, Math.min(255, fround(fround(x * 127.5) + 128))));
}
