/** All ones in the lanes of channels that there are, for lanes 0–3 (`half` = 0) or 4–7 (4) of a block. */
// @ts-ignore: decorator
@inline
export function alive(channels: i32, block: i32, half: i32): v128 {
  const left = channels - (block << 3) - half;
  return i32x4.gt_s(i32x4.splat(left), i32x4(0, 1, 2, 3));
}

/** f32x4.max and min give NaN where either is one. */
// @ts-ignore: decorator
@inline
export function clamped(x: v128, limit: f32): v128 {
  return f32x4.min(f32x4.max(x, f32x4.splat(-limit)), f32x4.splat(limit));
}
