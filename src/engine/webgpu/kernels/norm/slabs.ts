import type { MapView } from "../kernel.ts";
import type { KernelSource, Shape } from "../wgsl.ts";

/** Threads of the kernels that sum over a map, and of those that add up their partial sums. */
export const SLAB_THREADS = 256;
export const FINAL_THREADS = 64;

/** Workgroups that keep a large GPU busy. */
const BUSY_WORKGROUPS = 512;

/**
 * How a map is cut for sums over its pixels: slabs of so many pixels, each summed by one workgroup for up to 64
 * channels, then the sums of all slabs by another kernel, always in the same order.
 */
export interface Slabs {
  readonly pixels: number;
}

/** Quads of channels that a workgroup takes side by side. */
function quadLanes({ channels }: MapView): number {
  let lanes = 1;
  while (lanes < 16 && lanes * 4 < channels) lanes *= 2;
  return lanes;
}

/** Slabs that give enough workgroups for at most `batch` images, and every thread a few pixels. */
export function chooseSlabs(view: MapView, batch: number): Slabs {
  const rows = SLAB_THREADS / quadLanes(view);
  const columns = Math.ceil(view.channels / 4 / quadLanes(view));
  const wanted = Math.ceil(BUSY_WORKGROUPS / columns);
  const pixels = batch * view.height * view.width;
  return { pixels: rows * Math.max(4, Math.ceil(pixels / (rows * wanted))) };
}

export function slabCount(slabs: Slabs, { height, width }: MapView, n: number): number {
  return Math.ceil((n * height * width) / slabs.pixels);
}

/** WGSL `total(thread, value)`: the sum over all threads whose number has the same remainder by `stride`. */
export function totalFunction(threads: number, stride: number): string {
  return `
var<workgroup> lanes: array<vec4f, ${threads}>;

fn total(thread: u32, value: vec4f) -> vec4f {
  workgroupBarrier();
  lanes[thread] = value;
  for (var half = ${threads / 2}u; half >= ${stride}u; half /= 2u) {
    workgroupBarrier();
    if (thread < half) { lanes[thread] += lanes[thread + half]; }
  }
  workgroupBarrier();
  return lanes[thread % ${stride}u];
}
`;
}

/**
 * A kernel in which every workgroup sums over the pixels of one slab. In `prepare`, `visit` and `finish`: `slab`,
 * `quad` = a quad of channels of the view, `first` = the slab's first pixel, `count` = how many it has; `visit` runs
 * for every `pixel`, `finish` in one thread per quad. Between them `totals` = names of the variables to be totalled.
 */
export function slabSums(
  view: MapView,
  slabs: Slabs,
  code: {
    readonly prepare: string;
    readonly visit: string;
    readonly totals: readonly string[];
    readonly finish: string;
  },
): Pick<KernelSource, "threads" | "declarations" | "main"> & { readonly shape: Shape } {
  const lanes = quadLanes(view);
  return {
    threads: SLAB_THREADS,
    shape: { ...slabShape(view, slabs), columns: slabColumns(view) },
    declarations: totalFunction(SLAB_THREADS, lanes),
    main: `
  let slab = group / shape.columns;
  let quad = group % shape.columns * ${lanes}u + thread % ${lanes}u;
  let first = slab * shape.slabPixels;
  let pixels = step.n * shape.area;
  if (first >= pixels) { return; }
  let count = min(shape.slabPixels, pixels - first);
  let exists = quad < shape.quads;
${code.totals.map((name) => `  var ${name} = vec4f();`).join("\n")}
  if (exists) {
${code.prepare}
    for (var pixel = first + thread / ${lanes}u; pixel < first + count; pixel += ${SLAB_THREADS / lanes}u) {
${code.visit}
    }
  }
${code.totals.map((name) => `  ${name} = total(thread, ${name});`).join("\n")}
  if (exists && thread < ${lanes}u) {
${code.finish}
  }`,
  };
}

/** What kernels that work slab by slab have to know. */
export function slabShape({ height, width, channels }: MapView, slabs: Slabs): Shape {
  return { area: height * width, quads: channels / 4, slabPixels: slabs.pixels };
}

/** Workgroups side by side. */
export function slabColumns(view: MapView): number {
  return Math.ceil(view.channels / 4 / quadLanes(view));
}
