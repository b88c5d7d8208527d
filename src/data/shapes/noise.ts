import type { Stream } from "../../random/stream.ts";
import type { Noise } from "./canvas.ts";

/** The sensor noise of an image of any kind but the noiseless glyphs: σ in .01 … .04. */
export function sampleNoise(stream: Stream): Noise {
  return { sigma: stream.uniform(0.01, 0.04), seed: stream.uint32() };
}
