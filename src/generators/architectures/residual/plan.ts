/**
 * A generator of residual blocks, told by the names and shapes of its tensors: SNGAN, BigGAN, BigGAN-deep and their kin
 * differ in names, in what conditions a block and in how many convolutions it has, not in kind. Families derive a plan
 * from a checkpoint; everything else (expected keys, cost, weights on a device, the forward pass) follows from it.
 */
export interface ResidualPlan {
  /** Floats of z. */
  readonly latent: number;
  /** null: unconditional. */
  readonly classes: number | null;
  readonly condition: ConditionPlan;
  /** [channels·side², inputs], with bias. */
  readonly first: WeightPlan;
  /** Order of the first layer's rows. */
  readonly firstOrder: "chw" | "hwc";
  readonly channels: number;
  readonly side: number;
  readonly stages: readonly (BlockPlan | AttentionPlan)[];
  readonly lastNorm: NormPlan;
  /** [3 or more, channels, 3, 3]; channels beyond the third are not used. */
  readonly last: WeightPlan;
}

/** What the first layer and the blocks are told beside the picture. */
export interface ConditionPlan {
  /** How the class enters. */
  readonly label: "none" | "one-hot" | "embedding";
  /** [classes, size], or [size, classes] where `transposed`; null unless `label` is "embedding". */
  readonly embedding: { readonly name: string; readonly size: number; readonly transposed: boolean } | null;
  /**
   * How z enters: "first": the first layer alone; "chunks": split evenly, the first chunk to the first layer, one to each
   * block; "whole": all of z to every block, and the first layer takes a block's condition.
   */
  readonly latent: "first" | "chunks" | "whole";
  /** Which of the two stands first in a block's condition. */
  readonly order: "label-first" | "latent-first";
}

/** Under which names the weight and the vectors of its spectral norm are kept; "none": it is kept as it is used. */
export type SpectralForm = "none" | "hook" | "parametrization" | "power";

/** A matrix or kernel: `name` is its module's. */
export interface WeightPlan {
  readonly name: string;
  /** [out, in] or [out, in, k, k] as computed with. */
  readonly shape: readonly number[];
  readonly form: SpectralForm;
  readonly bias: boolean;
  /** true: an embedding's table, kept as [in, out]. */
  readonly table?: boolean;
}

/** Batch norm: y = (x − mean) / √(variance + eps) · gain + bias. */
export interface NormPlan {
  readonly channels: number;
  readonly eps: number;
  readonly mean: string;
  readonly variance: string;
  /** Rows of mean and variance, one per truncation from 0 to 1; null: they are vectors. */
  readonly rows: number | null;
  /** "conditional": gain = 1 + G·condition, bias = B·condition. "learned": vectors. */
  readonly affine:
    | { readonly kind: "conditional"; readonly gain: WeightPlan; readonly bias: WeightPlan }
    | { readonly kind: "learned"; readonly gain: string; readonly bias: string };
  /** Buffers that some files have and nothing is computed with. */
  readonly unused?: readonly { readonly name: string; readonly shape: readonly number[] }[];
}

/** x → branch(x) + shortcut(x); the branch is (norm, ReLU, convolution) again and again. */
export interface BlockPlan {
  readonly kind: "block";
  readonly branch: readonly { readonly norm: NormPlan; readonly convolution: WeightPlan }[];
  /** Convolution of the branch in front of which the picture is doubled by repeating pixels; null: none. */
  readonly doubled: number | null;
  /** 1×1 convolution; null: the first `out` channels are handed on. */
  readonly shortcut: WeightPlan | null;
  readonly inputs: number;
  readonly outputs: number;
}

/** Self-attention of SAGAN: x + gain · out(attention(theta x, pool(phi x), pool(g x))). */
export interface AttentionPlan {
  readonly kind: "attention";
  readonly gain: string;
  readonly gainShape: readonly number[];
  readonly channels: number;
  readonly theta: WeightPlan;
  readonly phi: WeightPlan;
  readonly g: WeightPlan;
  readonly out: WeightPlan;
}

export function blocksOf(plan: ResidualPlan): BlockPlan[] {
  return plan.stages.filter((stage) => stage.kind === "block");
}

/** Every norm in the order of the forward pass. */
export function normsOf(plan: ResidualPlan): NormPlan[] {
  return [...blocksOf(plan).flatMap((block) => block.branch.map(({ norm }) => norm)), plan.lastNorm];
}

/** Height = width of the images. */
export function resolutionOf(plan: ResidualPlan): number {
  return plan.side * 2 ** blocksOf(plan).filter(({ doubled }) => doubled !== null).length;
}

/** Floats of z in one chunk; all of it where it is not split. */
export function chunkOf(plan: ResidualPlan): number {
  return plan.condition.latent === "chunks" ? plan.latent / (blocksOf(plan).length + 1) : plan.latent;
}
