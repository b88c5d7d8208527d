import { quadAt, viewShape } from "../elementwise.ts";
import { type Binding, checkView, type GpuKernel, type MapView, viewBytes } from "../kernel.ts";
import { assemble, floats, grid, mapBinding, rectifyFunction, stepBinding } from "../wgsl.ts";
import { EPSILON, NORM_ROWS, normFloats } from "./norm.ts";
import { FINAL_THREADS, type Slabs, slabColumns, slabCount, slabShape, slabSums, totalFunction } from "./slabs.ts";

/**
 * Mean and sum of squared deviations of every channel of x in each slab. Deviations are taken from the slab's first
 * pixel: squares of the values themselves would lose the variance of a channel with a large mean.
 *
 * Bindings: x, partials [slabs][2][x.channels], step.
 */
export function statisticsPartial(x: MapView, slabs: Slabs): GpuKernel {
  checkView("A batch norm's input", x);
  const load = (pixel: string) => `x[${quadAt("x", pixel)}]`;
  const sums = slabSums(x, slabs, {
    prepare: `    let shift = ${load("first")};`,
    visit: `      let deviation = ${load("pixel")} - shift;
      sum += deviation;
      squares += deviation * deviation;`,
    totals: ["sum", "squares"],
    finish: `    let mean = sum / f32(count);
    let at = slab * 2u * shape.quads + quad;
    partials[at] = ${load("first")} + mean;
    partials[at + shape.quads] = rectify(squares - sum * mean);`,
  });
  return assemble({
    label: `statistics of ${x.height}×${x.width}×${x.channels}`,
    bindings: [mapBinding("x", x), partialsBinding("read_write", x, slabs), stepBinding],
    workgroups: (n) => grid(slabCount(slabs, x, n) * slabColumns(x)),
    flops: (n) => viewBytes(x, n),
    bytes: (n) => viewBytes(x, n) + slabCount(slabs, x, n) * 2 * x.channels * 4,
    ...sums,
    shape: { ...sums.shape, ...viewShape({ x }) },
    declarations: `${sums.declarations}${rectifyFunction}`,
  });
}

function partialsBinding(access: Binding["access"], x: MapView, slabs: Slabs): Binding {
  const bytes = (n: number) => slabCount(slabs, x, n) * 2 * x.channels * 4;
  return { name: "partials", access, type: "array<vec4f>", bytes };
}

/**
 * A norm from the statistics of a batch, and the running statistics after it: running ← 0.9·running + 0.1·batch, with
 * the unbiased variance. A batch of one value per channel has none: its running variance becomes NaN.
 *
 * Bindings: partials, gain γ, bias β, runningMean, runningVariance [x.channels], norm [4][x.channels], step.
 */
export function statisticsFinalise(x: MapView, slabs: Slabs): GpuKernel {
  const { channels } = x;
  const quads = channels / 4;
  return assemble({
    label: `norm from batch statistics ${channels}`,
    bindings: [
      partialsBinding("read", x, slabs),
      floats("gain", channels),
      floats("bias", channels),
      floats("runningMean", channels, "read_write"),
      floats("runningVariance", channels, "read_write"),
      floats("norm", normFloats(channels), "read_write"),
      stepBinding,
    ],
    workgroups: () => grid(quads),
    flops: (n) => slabCount(slabs, x, n) * channels * 6,
    bytes: (n) => (slabCount(slabs, x, n) * 2 + 6 + NORM_ROWS) * channels * 4,
    threads: FINAL_THREADS,
    shape: slabShape(x, slabs),
    declarations: totalFunction(FINAL_THREADS, 1),
    main: `
  let quad = group;
  let pixels = step.n * shape.area;
  let slabs = (pixels + shape.slabPixels - 1u) / shape.slabPixels;
  var sum = vec4f();
  for (var slab = thread; slab < slabs; slab += ${FINAL_THREADS}u) {
    let count = min(shape.slabPixels, pixels - slab * shape.slabPixels);
    sum += partials[slab * 2u * shape.quads + quad] * (f32(count) / f32(pixels));
  }
  let mean = total(thread, sum);
  var squares = vec4f();
  for (var slab = thread; slab < slabs; slab += ${FINAL_THREADS}u) {
    let count = min(shape.slabPixels, pixels - slab * shape.slabPixels);
    let deviation = partials[slab * 2u * shape.quads + quad] - mean;
    squares += partials[(slab * 2u + 1u) * shape.quads + quad] + f32(count) * deviation * deviation;
  }
  squares = total(thread, squares);
  if (thread > 0u) { return; }
  let inverse = 1.0 / sqrt(squares / f32(pixels) + ${EPSILON});
  norm[quad] = gain[quad] * inverse;
  norm[quad + shape.quads] = bias[quad];
  norm[quad + 2u * shape.quads] = mean;
  norm[quad + 3u * shape.quads] = inverse;
  runningMean[quad] = 0.9 * runningMean[quad] + 0.1 * mean;
  runningVariance[quad] = 0.9 * runningVariance[quad] + 0.1 * (squares / f32(pixels - 1u));`,
  });
}
