/** One picture: uint8, [height][width][channels], 3 channels (RGB) unless said otherwise. */
export interface Picture {
  readonly height: number;
  readonly width: number;
  readonly pixels: Uint8Array;
}

/** The taps of one output position: `weights` (22 fractional bits) from input position `from` on. */
interface Taps {
  readonly from: number;
  readonly weights: Int32Array;
}

const FRACTION_BITS = 22;
const ROUNDING = 1 << (FRACTION_BITS - 1);

/**
 * Antialiased bilinear resize, byte for byte what Pillow's BILINEAR gives: triangle filter as wide as the reduction,
 * weights in 22-bit fixed point, columns first, rounded to bytes between the two directions.
 */
export function resizeBilinear(picture: Picture, height: number, width: number, channels = 3): Picture {
  let { pixels } = picture;
  if (width !== picture.width) {
    const out = new Uint8Array(picture.height * width * channels);
    const taps = triangleTaps(picture.width, width);
    for (let y = 0; y < picture.height; y++) {
      filterLine(pixels, y * picture.width * channels, channels, out, y * width * channels, channels, channels, taps);
    }
    pixels = out;
  }
  if (height !== picture.height) {
    const out = new Uint8Array(height * width * channels);
    const taps = triangleTaps(picture.height, height);
    const row = width * channels;
    for (let x = 0; x < width; x++) filterLine(pixels, x * channels, row, out, x * channels, row, channels, taps);
    pixels = out;
  }
  return { height, width, pixels: pixels === picture.pixels ? pixels.slice() : pixels };
}

/** Resizes so that the shorter side is `size`; the longer is truncated, as torchvision's Resize(size). */
export function resizeShortSide(picture: Picture, size: number): Picture {
  const { height, width } = picture;
  const short = Math.min(height, width);
  if (short === size) return picture;
  return resizeBilinear(picture, Math.trunc((size * height) / short), Math.trunc((size * width) / short));
}

/** The central `size` × `size`; both sides must be at least that. Half offsets go to the even integer, as in Python. */
export function centreCrop(picture: Picture, size: number): Picture {
  const { height, width } = picture;
  if (height < size || width < size)
    throw new RangeError(`A ${width} × ${height} picture has no ${size} × ${size} crop.`);
  const top = halfToEven(height - size);
  const left = halfToEven(width - size);
  const pixels = new Uint8Array(size * size * 3);
  for (let y = 0; y < size; y++) {
    const from = ((top + y) * width + left) * 3;
    pixels.set(picture.pixels.subarray(from, from + size * 3), y * size * 3);
  }
  return { height: size, width: size, pixels };
}

/** OpenOOD's test transform up to normalisation: short side to `size`, then the central square. */
export function fitSquare(picture: Picture, size: number): Picture {
  return centreCrop(resizeShortSide(picture, size), size);
}

/** round(n / 2) with halves to the even integer. */
function halfToEven(n: number): number {
  const down = Math.floor(n / 2);
  return n % 2 === 1 && down % 2 === 1 ? down + 1 : down;
}

/** Filters the line that starts at `from` and advances by `step`, all channels. */
function filterLine(
  source: Uint8Array,
  from: number,
  step: number,
  target: Uint8Array,
  to: number,
  toStep: number,
  channels: number,
  taps: readonly Taps[],
): void {
  for (let i = 0; i < taps.length; i++) {
    const { from: first, weights } = taps[i] as Taps;
    for (let c = 0; c < channels; c++) {
      // At most 255 · 2^22 + 2^21: stays below 2^31.
      let sum = ROUNDING;
      let at = from + first * step + c;
      for (let k = 0; k < weights.length; k++) {
        sum += (source[at] as number) * (weights[k] as number);
        at += step;
      }
      const value = sum >> FRACTION_BITS;
      target[to + i * toStep + c] = value > 255 ? 255 : value;
    }
  }
}

const tapsBySize = new Map<string, readonly Taps[]>();

function triangleTaps(input: number, output: number): readonly Taps[] {
  const key = `${input}>${output}`;
  let taps = tapsBySize.get(key);
  if (taps === undefined) {
    taps = Array.from({ length: output }, (_, i) => tapsAt(i, input, output));
    // A folder of photographs has many sizes: keep the latest few.
    if (tapsBySize.size >= 64) tapsBySize.clear();
    tapsBySize.set(key, taps);
  }
  return taps;
}

function tapsAt(i: number, input: number, output: number): Taps {
  const scale = input / output;
  const halfWidth = Math.max(1, scale);
  const centre = (i + 0.5) * scale;
  const from = Math.max(0, Math.trunc(centre - halfWidth + 0.5));
  const until = Math.min(input, Math.trunc(centre + halfWidth + 0.5));
  const raw = new Float64Array(until - from);
  let sum = 0;
  for (let k = 0; k < raw.length; k++) {
    const distance = Math.abs((k + from - centre + 0.5) * (1 / halfWidth));
    const weight = distance < 1 ? 1 - distance : 0;
    raw[k] = weight;
    sum += weight;
  }
  const weights = Int32Array.from(raw, (weight) => Math.trunc(0.5 + (weight / sum) * (1 << FRACTION_BITS)));
  return { from, weights };
}
