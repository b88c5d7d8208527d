import { madd } from "./simd";

/**
 * SGD with Nesterov momentum and weight decay over the flat parameter arena (PyTorch, dampening 0):
 * g ← g + wd·p; m ← μ·m + g; p ← p − lr·(g + μ·m). Zero momentum makes the first step m = g.
 *
 * @param lo first unit of 4 floats of this thread
 * @param hi one past its last
 * @param hyper lr, momentum, weight decay as float32
 */
export function sgd(parameters: usize, momenta: usize, gradients: usize, lo: i32, hi: i32, hyper: usize): void {
  const step = f32x4.splat(-load<f32>(hyper));
  const momentum = f32x4.splat(load<f32>(hyper, 4));
  const decay = f32x4.splat(load<f32>(hyper, 8));
  for (let i: usize = <usize>lo << 4; i < <usize>hi << 4; i += 16) {
    const p = v128.load(parameters + i);
    const g = madd(p, decay, v128.load(gradients + i));
    const m = madd(v128.load(momenta + i), momentum, g);
    v128.store(momenta + i, m);
    v128.store(parameters + i, madd(madd(m, momentum, g), step, p));
  }
}
