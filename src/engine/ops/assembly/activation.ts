import { exp32 } from "../../dense/assembly/exponential32";
import { clearBorder, heightOf, plane, rowStride, widthOf } from "../../wasm/assembly/map";
import { madd } from "../../wasm/assembly/simd";
import { clamped } from "./lanes";

/** Kinds of activation, as ops/wasm/activation.ts numbers them. */
const NONE: i32 = 0;
const LINEAR: i32 = 1;
const RELU: i32 = 2;
const LEAKY: i32 = 3;
const SWISH: i32 = 4;

/** gain · f(x), clamped to ±limit. Zero stays zero, so that lanes without a channel do. NaN stays NaN. */
// @ts-ignore: decorator
@inline
export function activated(x: v128, kind: i32, slope: f32, gain: f32, limit: f32): v128 {
  if (kind == NONE) return x;
  let y = x;
  if (kind == RELU) y = f32x4.pmax(x, f32x4.splat(0));
  else if (kind == LEAKY) y = v128.bitselect(f32x4.mul(x, f32x4.splat(slope)), x, f32x4.lt(x, f32x4.splat(0)));
  else if (kind == SWISH) y = swish(x);
  else if (kind != LINEAR) y = tanh(x);
  return clamped(f32x4.mul(y, f32x4.splat(gain)), limit);
}

/** x / (1 + e^−x); below −87 it is the product there, which is next to nothing. */
// @ts-ignore: decorator
@inline
function swish(x: v128): v128 {
  const t = exp32(f32x4.neg(f32x4.abs(x)));
  const negative = f32x4.lt(x, f32x4.splat(0));
  const numerator = f32x4.mul(f32x4.pmax(x, f32x4.splat(-87)), v128.bitselect(t, f32x4.splat(1), negative));
  return f32x4.div(numerator, f32x4.add(t, f32x4.splat(1)));
}

/** Cephes's polynomial up to 0.625, where 1 − e^−2x would lose digits, and the exponential beyond. */
// @ts-ignore: decorator
@inline
function tanh(x: v128): v128 {
  const size = f32x4.abs(x);
  const t = exp32(f32x4.mul(size, f32x4.splat(-2)));
  const far = f32x4.div(f32x4.sub(f32x4.splat(1), t), f32x4.add(f32x4.splat(1), t));
  const signed = v128.or(far, v128.and(x, f32x4.splat(-0.0)));
  const z = f32x4.mul(x, x);
  let p = madd(f32x4.splat(-5.70498872745e-3), z, f32x4.splat(2.06390887954e-2));
  p = madd(p, z, f32x4.splat(-5.37397155531e-2));
  p = madd(p, z, f32x4.splat(1.33314422036e-1));
  p = madd(p, z, f32x4.splat(-3.33332819422e-1));
  const near = madd(f32x4.mul(p, z), x, x);
  return v128.bitselect(near, signed, f32x4.lt(size, f32x4.splat(0.625)));
}

/** Activates one plane of a map where it lies, and sets its border to zero. */
export function finishPlane(y: usize, n: i32, block: i32, kind: i32, slope: f32, gain: f32, limit: f32): void {
  if (kind != NONE) {
    const row = rowStride(y);
    const length: usize = <usize>widthOf(y) << 5;
    let p = plane(y, n, block);
    for (let i = heightOf(y); i > 0; i--) {
      for (let at = p; at < p + length; at += 16) {
        v128.store(at, activated(v128.load(at), kind, slope, gain, limit));
      }
      p += row;
    }
  }
  clearBorder(y, n, block);
}
