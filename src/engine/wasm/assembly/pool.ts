/** Global average: padded [n][blocks][size+2][size+2][8] → features [n][blocks·8]. */
export function averagePool(x: usize, features: usize, lo: i32, hi: i32, size: i32, blocks: i32): void {
  const share = f32x4.splat(<f32>1.0 / <f32>(size * size));
  const side = size + 2;
  for (let n = lo; n < hi; n++) {
    for (let block = 0; block < blocks; block++) {
      let s0 = f32x4.splat(0), s1 = s0;
      for (let row = 1; row <= size; row++) {
        let p: usize = x + (<usize>(((n * blocks + block) * side + row) * side + 1) << 5);
        const end: usize = p + (<usize>size << 5);
        while (p < end) {
          s0 = f32x4.add(s0, v128.load(p)); s1 = f32x4.add(s1, v128.load(p, 16));
          p += 32;
        }
      }
      const f: usize = features + (<usize>(n * blocks + block) << 5);
      v128.store(f, f32x4.mul(s0, share)); v128.store(f, f32x4.mul(s1, share), 16);
    }
  }
}

/** Its gradient: d features [n][blocks·8] → dense [n][blocks][size][size][8]. */
export function averagePoolGradient(dFeatures: usize, dx: usize, lo: i32, hi: i32, size: i32, blocks: i32): void {
  const area = size * size;
  const share = f32x4.splat(<f32>1.0 / <f32>area);
  for (let k = lo * blocks; k < hi * blocks; k++) {
    const f: usize = dFeatures + (<usize>k << 5);
    const a = f32x4.mul(v128.load(f), share), b = f32x4.mul(v128.load(f, 16), share);
    let p: usize = dx + (<usize>(k * area) << 5);
    const end: usize = p + (<usize>area << 5);
    while (p < end) {
      v128.store(p, a); v128.store(p, b, 16);
      p += 32;
    }
  }
}
