/**
 * a·b + c in four lanes. The relaxed build fuses where the processor can (one rounding), the plain build rounds
 * twice: faster against the same bits everywhere, which is why the two builds are two backends.
 */
// @ts-ignore: decorator
@inline
export function madd(a: v128, b: v128, c: v128): v128 {
  if (ASC_FEATURE_RELAXED_SIMD) return f32x4.relaxed_madd(a, b, c);
  return f32x4.add(f32x4.mul(a, b), c);
}
