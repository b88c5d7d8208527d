/** PyTorch convolution weight [out][in][kh][kw] → tfjs [kh][kw][in][out]. */
export function oihwToHwio(data: Float32Array, shape: readonly number[]): Float32Array {
  const [cout, taps, cin] = convolutionSides(shape);
  const hwio = new Float32Array(data.length);
  let from = 0;
  for (let o = 0; o < cout; o++) {
    for (let i = 0; i < cin; i++) {
      for (let tap = 0; tap < taps; tap++) hwio[(tap * cin + i) * cout + o] = data[from++] as number;
    }
  }
  return hwio;
}

/** tfjs convolution weight [kh][kw][in][out] → PyTorch [out][in][kh][kw]. `shape` is PyTorch's. */
export function hwioToOihw(data: Float32Array, shape: readonly number[]): Float32Array {
  const [cout, taps, cin] = convolutionSides(shape);
  const oihw = new Float32Array(data.length);
  let to = 0;
  for (let o = 0; o < cout; o++) {
    for (let i = 0; i < cin; i++) {
      for (let tap = 0; tap < taps; tap++) oihw[to++] = data[(tap * cin + i) * cout + o] as number;
    }
  }
  return oihw;
}

function convolutionSides(shape: readonly number[]): [cout: number, taps: number, cin: number] {
  const [cout, cin, kh, kw] = shape;
  if (cout === undefined || cin === undefined || kh === undefined || kw === undefined) {
    throw new RangeError(`A convolution weight has 4 sides, not [${shape.join(", ")}].`);
  }
  return [cout, kh * kw, cin];
}
