import { filterLine } from "./winogradLines";

/**
 * Winograd transform of a 3×3 convolution's weights, once per step: u = G w Gᵀ.
 *
 * w [panels][(block, tap, 8 in)][8 out]  →  u [36][panels][8·blocks in][8 out], planes uPlane(blocks, panels) bytes
 * apart. With `mirrored`, the weights of the input gradient: w is then [blocks][(panel, tap, 8 out)][8 in], the
 * forward weights, whose channels change roles and whose taps are mirrored.
 *
 * @param lo first panel of u
 * @param hi one past the last
 * @param blocks input channels of u / 8
 * @param panels output channels of u / 8
 * @param scratch work space of this thread, 3072 bytes
 */
export function winogradWeights(
  w: usize, u: usize, lo: i32, hi: i32, blocks: i32, panels: i32, mirrored: i32, scratch: usize,
): void {
  const plane = uPlane(blocks, panels);
  const lines: usize = scratch;
  const transposed: usize = scratch + 512;
  for (let panel = lo; panel < hi; panel++) {
    for (let block = 0; block < blocks; block++) {
      let taps: usize = w + <usize>((mirrored ? block * panels + panel : panel * blocks + block) * 9) * 256;
      if (mirrored) {
        for (let tap: usize = 0; tap < 9; tap++) transpose8(taps + (tap << 8), transposed + ((8 - tap) << 8));
        taps = transposed;
      }
      const to: usize = u + (<usize>(panel * blocks + block) << 8);
      for (let lane: usize = 0; lane < 256; lane += 16) {
        for (let i: usize = 0; i < 3; i++) filterLine(taps + lane + (i << 8), 768, lines + (i << 4), 48);
        for (let i: usize = 0; i < 6; i++) filterLine(lines + i * 48, 16, to + lane + i * 6 * plane, plane);
      }
    }
  }
}

/** Bytes of one plane of u: 128 more than the weights need keep the planes from meeting in one cache set. */
// @ts-ignore: decorator
@inline
export function uPlane(blocks: i32, panels: i32): usize {
  return (<usize>(blocks * panels) << 8) + 128;
}

/** An 8 × 8 matrix of float32. */
function transpose8(from: usize, to: usize): void {
  transpose4(from, to);
  transpose4(from + 16, to + 128);
  transpose4(from + 128, to + 16);
  transpose4(from + 144, to + 144);
}

/** A 4 × 4 quarter of it. */
// @ts-ignore: decorator
@inline
function transpose4(from: usize, to: usize): void {
  const a = v128.load(from), b = v128.load(from, 32), c = v128.load(from, 64), d = v128.load(from, 96);
  const ab = v128.shuffle<f32>(a, b, 0, 4, 1, 5), cd = v128.shuffle<f32>(c, d, 0, 4, 1, 5);
  const ef = v128.shuffle<f32>(a, b, 2, 6, 3, 7), gh = v128.shuffle<f32>(c, d, 2, 6, 3, 7);
  v128.store(to, v128.shuffle<f32>(ab, cd, 0, 1, 4, 5));
  v128.store(to, v128.shuffle<f32>(ab, cd, 2, 3, 6, 7), 32);
  v128.store(to, v128.shuffle<f32>(ef, gh, 0, 1, 4, 5), 64);
  v128.store(to, v128.shuffle<f32>(ef, gh, 2, 3, 6, 7), 96);
}
