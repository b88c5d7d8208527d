import {
  checkSameSize,
  ELEMENTWISE_THREADS,
  elementwise,
  elementwiseIndex,
  elementwiseShape,
  quadAt,
  viewShape,
} from "../elementwise.ts";
import { type Binding, type GpuKernel, type MapView, viewBytes } from "../kernel.ts";
import { assemble, floats, grid, mapBinding, repeat, type Shape, stepBinding } from "../wgsl.ts";
import { checkTerms } from "./combine.ts";
import { normFloats } from "./norm.ts";
import { FINAL_THREADS, type Slabs, slabColumns, slabCount, slabShape, slabSums, totalFunction } from "./slabs.ts";

/** A combination whose gradient is wanted: the maps of its terms, where their gradients go, its own gradient. */
export interface CombineGradientShape {
  readonly terms: readonly CombineGradientTerm[];
  /** null without ReLU; then only `dOut` counts. */
  readonly relu: { readonly out: MapView } | null;
  readonly dOut: MapView;
}

export interface CombineGradientTerm {
  readonly x: MapView;
  readonly norm: boolean;
  readonly gradient: MapView;
  readonly accumulate: boolean;
}

/** Rows of [channels] per norm that take the gradient through the batch's statistics: A, B, D, μ; see below. */
export const COEFFICIENT_ROWS = 4;

/** The numbers of the terms that have a norm. */
function norms({ terms }: CombineGradientShape): number[] {
  return terms.flatMap(({ norm }, k) => (norm ? [k] : []));
}

/** WGSL: g, the gradient of the sum. */
function maskedGradient({ relu }: CombineGradientShape): string {
  const g = `dOut[${quadAt("dOut")}]`;
  return relu ? `select(vec4f(), ${g}, out[${quadAt("out")}] > vec4f())` : g;
}

/** How the maps lie that `maskedGradient` reads, and further ones by their names. */
function viewsShape({ relu, dOut }: CombineGradientShape, more: Readonly<Record<string, MapView>>): Shape {
  return viewShape({ dOut, ...(relu ?? {}), ...more });
}

function gradientBindings({ relu, dOut }: CombineGradientShape): Binding[] {
  return [mapBinding("dOut", dOut), ...(relu ? [mapBinding("out", relu.out)] : [])];
}

function checkShape(shape: CombineGradientShape): void {
  checkTerms(shape.terms.length);
  const maps = shape.terms.flatMap(({ x, gradient }) => [x, gradient]);
  checkSameSize("A combination's gradient", shape.dOut, shape.relu ? [shape.relu.out, ...maps] : maps);
}

function partialsBinding(access: Binding["access"], shape: CombineGradientShape, slabs: Slabs): Binding {
  const rows = 1 + norms(shape).length;
  const bytes = (n: number) => slabCount(slabs, shape.dOut, n) * rows * shape.dOut.channels * 4;
  return { name: "partials", access, type: "array<vec4f>", bytes };
}

/**
 * With g = dOut where out > 0 (everywhere without ReLU): Σ g and, for each norm k, Σ g·(x_k − μ_k) over each slab.
 *
 * Bindings: dOut, out with ReLU, for each norm x and norm (by the term's number: x0, norm0, x1, norm1), partials
 * [slabs][1 + norms][channels], step.
 */
export function combineGradientPartial(shape: CombineGradientShape, slabs: Slabs): GpuKernel {
  checkShape(shape);
  const { terms, dOut } = shape;
  const { channels } = dOut;
  const chosen = norms(shape);
  const rows = 1 + chosen.length;
  const maps = (shape.relu ? 2 : 1) + chosen.length;
  const view = (k: number) => (terms[k] as CombineGradientTerm).x;
  const sums = slabSums(dOut, slabs, {
    prepare: chosen.map((k) => `    let mean${k} = norm${k}[quad + 2u * shape.quads];`).join("\n"),
    visit: `      let g = ${maskedGradient(shape)};
      sum += g;
${chosen.map((k) => `      product${k} += g * (x${k}[${quadAt(`x${k}`)}] - mean${k});`).join("\n")}`,
    totals: ["sum", ...chosen.map((k) => `product${k}`)],
    finish: `    let at = slab * ${rows}u * shape.quads + quad;
    partials[at] = sum;
${chosen.map((k, row) => `    partials[at + ${row + 1}u * shape.quads] = product${k};`).join("\n")}`,
  });
  return assemble({
    label: `gradient sums ${dOut.height}×${dOut.width}×${channels}${chosen.length > 1 ? ", two norms" : ""}`,
    bindings: [
      ...gradientBindings(shape),
      ...chosen.flatMap((k) => [mapBinding(`x${k}`, view(k)), floats(`norm${k}`, normFloats(channels))]),
      partialsBinding("read_write", shape, slabs),
      stepBinding,
    ],
    workgroups: (n) => grid(slabCount(slabs, dOut, n) * slabColumns(dOut)),
    flops: (n) => ((1 + 3 * chosen.length) * viewBytes(dOut, n)) / 4,
    bytes: (n) => maps * viewBytes(dOut, n) + slabCount(slabs, dOut, n) * rows * channels * 4,
    ...sums,
    shape: { ...sums.shape, ...viewsShape(shape, Object.fromEntries(chosen.map((k) => [`x${k}`, view(k)]))) },
  });
}

/**
 * The gradients by γ and β, and what the gradient by x needs: dx = A·g + B·(x − μ) + D with A = γ/σ,
 * B = −A·Σ g·(x − μ) / (σ²·N), D = −A·Σ g / N, N values per channel.
 *
 * Bindings: partials, for each norm norm, dGain, dBias (norm0, dGain0, dBias0, …), coefficients
 * [norms][4][channels], step.
 */
export function combineGradientFinalise(shape: CombineGradientShape, slabs: Slabs): GpuKernel {
  checkShape(shape);
  const { dOut } = shape;
  const { channels } = dOut;
  const quads = channels / 4;
  const chosen = norms(shape);
  const rows = 1 + chosen.length;
  if (chosen.length === 0) throw new RangeError("A combination without a norm has no gradient sums to finalise.");
  const write = (k: number, index: number) => `
  {
    let scale = norm${k}[quad];
    let inverse = norm${k}[quad + 3u * shape.quads];
    dGain${k}[quad] = total${index + 1} * inverse;
    dBias${k}[quad] = total0;
    let at = quad + ${index * COEFFICIENT_ROWS}u * shape.quads;
    coefficients[at] = scale;
    coefficients[at + shape.quads] = -scale * inverse * inverse * total${index + 1} / count;
    coefficients[at + 2u * shape.quads] = -scale * total0 / count;
    coefficients[at + 3u * shape.quads] = norm${k}[quad + 2u * shape.quads];
  }`;
  return assemble({
    label: `gradient of ${chosen.length > 1 ? "two norms" : "a norm"} ${channels}`,
    bindings: [
      partialsBinding("read", shape, slabs),
      ...chosen.flatMap((k) => [
        floats(`norm${k}`, normFloats(channels)),
        floats(`dGain${k}`, channels, "read_write"),
        floats(`dBias${k}`, channels, "read_write"),
      ]),
      floats("coefficients", chosen.length * COEFFICIENT_ROWS * channels, "read_write"),
      stepBinding,
    ],
    workgroups: () => grid(quads),
    flops: (n) => slabCount(slabs, dOut, n) * rows * channels,
    bytes: (n) => (slabCount(slabs, dOut, n) * rows + chosen.length * 9) * channels * 4,
    threads: FINAL_THREADS,
    shape: slabShape(dOut, slabs),
    declarations: totalFunction(FINAL_THREADS, 1),
    main: `
  let quad = group;
  let pixels = step.n * shape.area;
  let slabs = (pixels + shape.slabPixels - 1u) / shape.slabPixels;
  let count = f32(pixels);
${repeat(rows, (row) => `  var sum${row} = vec4f();`)}
  for (var slab = thread; slab < slabs; slab += ${FINAL_THREADS}u) {
${repeat(rows, (row) => `    sum${row} += partials[(slab * ${rows}u + ${row}u) * shape.quads + quad];`)}
  }
${repeat(rows, (row) => `  let total${row} = total(thread, sum${row});`)}
  if (thread > 0u) { return; }
${chosen.map(write).join("\n")}`,
  });
}

/**
 * The gradient of every term, written or added: g for a plain term, A·g + B·(x − μ) + D for a norm in training, and
 * γ/σ·g in evaluation, where the statistics are constants.
 *
 * Bindings: dOut, out with ReLU; in training the x of each norm and, if there is a norm, coefficients; in evaluation
 * the norm of each; then d0, d1 (the terms' gradients), step.
 */
export function combineGradientApply(shape: CombineGradientShape, mode: "training" | "evaluation"): GpuKernel {
  checkShape(shape);
  const { terms, dOut } = shape;
  const { channels } = dOut;
  const chosen = norms(shape);
  const training = mode === "training";
  const term = (k: number) => terms[k] as CombineGradientTerm;
  const gradient = (k: number) => {
    if (!term(k).norm) return "g";
    if (!training) return `norm${k}[quad] * g`;
    const row = (index: number) =>
      `coefficients[quad + ${chosen.indexOf(k) * COEFFICIENT_ROWS + index}u * shape.quads]`;
    return `${row(0)} * g + ${row(1)} * (x${k}[${quadAt(`x${k}`)}] - ${row(3)}) + ${row(2)}`;
  };
  const coefficients = floats("coefficients", chosen.length * COEFFICIENT_ROWS * channels);
  const views = {
    ...(training ? Object.fromEntries(chosen.map((k) => [`x${k}`, term(k).x])) : {}),
    ...Object.fromEntries(terms.map(({ gradient }, k) => [`d${k}`, gradient])),
  };
  const targets = terms.reduce((sum, { accumulate }) => sum + (accumulate ? 2 : 1), 0);
  const maps = (shape.relu ? 2 : 1) + (training ? chosen.length : 0) + targets;
  return assemble({
    label: `gradient of ${terms.map(({ norm }) => (norm ? "norm" : "map")).join(" + ")}${shape.relu ? " relu" : ""} ${dOut.height}×${dOut.width}×${channels}`,
    bindings: [
      ...gradientBindings(shape),
      ...chosen.map((k) => (training ? mapBinding(`x${k}`, term(k).x) : floats(`norm${k}`, normFloats(channels)))),
      ...(training && chosen.length > 0 ? [coefficients] : []),
      ...terms.map(({ gradient }, k) => mapBinding(`d${k}`, gradient, "read_write")),
      stepBinding,
    ],
    workgroups: (n) => elementwise(dOut, n),
    flops: (n) => (((training ? 5 : 1) * chosen.length + terms.length) * viewBytes(dOut, n)) / 4,
    bytes: (n) => maps * viewBytes(dOut, n),
    threads: ELEMENTWISE_THREADS,
    shape: { ...elementwiseShape(dOut), ...viewsShape(shape, views) },
    main: `${elementwiseIndex}
  let g = ${maskedGradient(shape)};
${terms
  .map(({ accumulate }, k) => {
    const at = `d${k}[${quadAt(`d${k}`)}]`;
    return `  ${at} = ${accumulate ? `${at} + ` : ""}${gradient(k)};`;
  })
  .join("\n")}`,
  });
}
