/*
 * float32 → uint8, each as its own repository does, every step rounded to float32. NaN becomes 0.
 */

/** StudioGAN: ⌊255 · (x + 1)/2 + ½⌋, clamped. */
export function quantiseStudioGan(images: Float32Array): Uint8Array {
  return quantised(images, (x) => f(f(255 * f(f(x + 1) / 2)) + 0.5));
}

/** ajbrock's sample script: ⌊255 · (x + 1)/2⌋. */
export function quantiseAjbrock(images: Float32Array): Uint8Array {
  return quantised(images, (x) => f(f(255 * f(x + 1)) / 2));
}

/** pytorch-pretrained-BigGAN: ⌊256 · (x + 1)/2⌋, clamped. */
export function quantiseBigGanDeep(images: Float32Array): Uint8Array {
  return quantised(images, (x) => f(f(f(x + 1) / 2) * 256));
}

const f = Math.fround;

function quantised(images: Float32Array, level: (x: number) => number): Uint8Array {
  return Uint8Array.from(images, (x) => Math.max(0, Math.min(255, level(x))));
}
