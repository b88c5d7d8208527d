import type { Stream } from "../../random/stream.ts";

/** Red, green, blue; nominally in [0, 1]. */
export type Rgb = readonly [number, number, number];

/** Hue, saturation, value in [0, 1] → RGB (the usual hexcone model, Smith 1978). */
export function hsvToRgb(hue: number, saturation: number, value: number): Rgb {
  const turn = hue - Math.floor(hue);
  return [channel(5), channel(3), channel(1)];

  function channel(offset: number): number {
    const k = (offset + turn * 6) % 6;
    return value - value * saturation * Math.max(0, Math.min(k, 4 - k, 1));
  }
}

/** Rough luminance of an RGB colour, in [0, 1]. */
export function luminance([r, g, b]: Rgb): number {
  return 0.3 * r + 0.6 * g + 0.1 * b;
}

export function scaled(factor: number, [r, g, b]: Rgb): Rgb {
  return [factor * r, factor * g, factor * b];
}

/** Three independent channels, uniform in (low, high). */
export function sampleRgb(stream: Stream, low: number, high: number): Rgb {
  return [stream.uniform(low, high), stream.uniform(low, high), stream.uniform(low, high)];
}
