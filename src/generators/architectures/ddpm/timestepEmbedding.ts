import { exactCos, exactExp, exactLog, exactSin } from "../../../random/exactMath.ts";

/** Forms of the sinusoidal embedding that occur. */
export interface EmbeddingForm {
  /** "halves": sines, then cosines. "pairs": sine and cosine of each frequency in turn. */
  readonly order: "halves" | "halves-cosine-first" | "pairs";
  /** Frequency j is 10000^(−j / (channels/2 − shift)). Ho et al.: 1; Vaswani et al.: 0. */
  readonly shift: number;
}

/** Ho et al., as in all of their released networks. */
export const HO_EMBEDDING: EmbeddingForm = { order: "halves", shift: 1 };

/** Embeddings [timesteps, channels], evaluated in float64. An odd channel at the end is 0. */
export function timestepEmbedding(
  timesteps: ArrayLike<number>,
  channels: number,
  { order, shift }: EmbeddingForm = HO_EMBEDDING,
): Float64Array {
  const half = Math.floor(channels / 2);
  const embedding = new Float64Array(timesteps.length * channels);
  for (let j = 0; j < half; j++) {
    const frequency = exactExp((-exactLog(10000) * j) / (half - shift));
    const [sine, cosine] = order === "pairs" ? [2 * j, 2 * j + 1] : order === "halves" ? [j, half + j] : [half + j, j];
    for (let i = 0; i < timesteps.length; i++) {
      const angle = (timesteps[i] as number) * frequency;
      embedding[i * channels + sine] = exactSin(angle);
      embedding[i * channels + cosine] = exactCos(angle);
    }
  }
  return embedding;
}
