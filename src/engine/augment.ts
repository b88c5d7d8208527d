import type { Augmentation, NetworkSpec, Normalisation } from "./network.ts";

/** Where pixel (image n, row y, column x), channel c lies: origin + n·image + y·row + x·pixel + c, in floats. */
export interface ImageLayout {
  readonly origin: number;
  readonly image: number;
  readonly row: number;
  readonly pixel: number;
}

/** Raw images and how to move them: the part of a TrainBatch that the input writer needs. */
export interface RawImages {
  readonly count: number;
  /** uint8 RGB [count][imageSize][imageSize][3]. */
  readonly images: Uint8Array;
  readonly augmentation: Augmentation | null;
}

const PADDING = 4;

/** Plain [n][H][W][3]. */
export function nhwcLayout(imageSize: number): ImageLayout {
  return { origin: 0, image: imageSize * imageSize * 3, row: imageSize * 3, pixel: 3 };
}

/** The normalised batch as a new float32 array [count][imageSize][imageSize][3]. */
export function normalisedNhwc(
  batch: RawImages,
  spec: Pick<NetworkSpec, "imageSize">,
  normalisation: Normalisation,
): Float32Array {
  const dst = new Float32Array(batch.count * spec.imageSize * spec.imageSize * 3);
  writeNormalised(batch, spec, normalisation, dst, nhwcLayout(spec.imageSize));
  return dst;
}

/**
 * Writes (pixel/255 − mean)/std as float32 into `dst`, after augmentation in the reference's order: flip, then
 * zero-pad by 4, then crop. The padding is black before normalisation, so padded pixels become (0 − mean)/std.
 *
 * @throws RangeError if `images` is shorter than `count` images or an offset lies outside 0 … 8
 */
export function writeNormalised(
  batch: RawImages,
  spec: Pick<NetworkSpec, "imageSize">,
  normalisation: Normalisation,
  dst: Float32Array,
  layout: ImageLayout,
): void {
  const size = spec.imageSize;
  const { count, images, augmentation } = batch;
  if (images.length < count * size * size * 3) {
    throw new RangeError(
      `${count} images of ${size}×${size} RGB are ${count * size * size * 3} bytes, but only ${images.length} were given.`,
    );
  }
  const tables = [0, 1, 2].map((channel) => levels(normalisation, channel)) as [
    Float32Array,
    Float32Array,
    Float32Array,
  ];
  for (let n = 0; n < count; n++) {
    const flip = augmentation !== null && augmentation.flip[n] === 1;
    const shiftY = offset(augmentation?.offsetY, n) - PADDING;
    const shiftX = offset(augmentation?.offsetX, n) - PADDING;
    for (let y = 0; y < size; y++) {
      const sourceRow = y + shiftY;
      const inside = sourceRow >= 0 && sourceRow < size;
      const from = (n * size + sourceRow) * size;
      let to = layout.origin + n * layout.image + y * layout.row;
      for (let x = 0; x < size; x++, to += layout.pixel) {
        const flipped = x + shiftX;
        if (inside && flipped >= 0 && flipped < size) {
          const source = (from + (flip ? size - 1 - flipped : flipped)) * 3;
          dst[to] = tables[0][images[source] as number] as number;
          dst[to + 1] = tables[1][images[source + 1] as number] as number;
          dst[to + 2] = tables[2][images[source + 2] as number] as number;
        } else {
          dst[to] = tables[0][0] as number;
          dst[to + 1] = tables[1][0] as number;
          dst[to + 2] = tables[2][0] as number;
        }
      }
    }
  }
}

/** The normalised value of each byte. */
function levels({ mean, std }: Normalisation, channel: number): Float32Array {
  const table = new Float32Array(256);
  const m = mean[channel] as number;
  const s = std[channel] as number;
  if (!(s > 0)) throw new RangeError(`A normalisation needs a standard deviation above 0, not ${s}.`);
  for (let byte = 0; byte < 256; byte++) table[byte] = (byte / 255 - m) / s;
  return table;
}

function offset(offsets: Uint8Array | undefined, n: number): number {
  if (offsets === undefined) return PADDING;
  const value = offsets[n];
  if (value === undefined || value > 2 * PADDING) {
    throw new RangeError(`The crop offset of image ${n} must be 0 … ${2 * PADDING}, not ${value}.`);
  }
  return value;
}
