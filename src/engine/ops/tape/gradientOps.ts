import type { Activation, ConvolutionForm, Shape, Value } from "../imageOps.ts";

/**
 * What backward passes need beyond the operations of ImageOps, on the same device and of its values.
 * Gradients are sums over the batch, of the shape of what they belong to.
 */
export interface GradientOps {
  /**
   * Gradient of a convolution's weight: Σ over images and pixels of x (where the tap lies) · dy.
   * x [n, cin, h, w], dy [n, cout, h', w'], both of `form` "none" → [cout, cin, kh, kw].
   */
  filterGradient(x: Value, dy: Value, shape: Shape, form: ConvolutionForm): Value;
  /** dy · f'(x), where y = f(x) is what `activate` gives. */
  activationGradient(x: Value, dy: Value, activation: Activation): Value;
  /** Gradients of y = f(gamma · (x − mean) / √(variance + eps) + beta), statistics by image and group. */
  groupNormGradient(
    x: Value,
    dy: Value,
    groups: number,
    gamma: Value,
    beta: Value,
    eps: number,
    activation: Activation,
  ): { readonly x: Value; readonly gamma: Value; readonly beta: Value };
  /** Gradients of ImageOps.attention's operands. */
  attentionGradient(
    q: Value,
    k: Value,
    v: Value,
    dy: Value,
    scale: number,
  ): { readonly q: Value; readonly k: Value; readonly v: Value };
}
