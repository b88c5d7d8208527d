import type { SamplingSettings } from "../../../study/generatorRecord.ts";

/** What a family's own code does beside computing the network. */
export interface ResidualFamily {
  readonly architecture: string;
  readonly title: string;
  /** z of standard normals. @throws RangeError for a truncation that the family does not have */
  readonly latents: (normals: Float32Array, truncation: number | null) => Float32Array;
  /** Standing statistics are made with truncated z. */
  readonly standingTruncated: boolean;
  readonly quantise: (images: Float32Array) => Uint8Array;
  readonly spectralNorm: SamplingSettings["spectralNorm"];
}
