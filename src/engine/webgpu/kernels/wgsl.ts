import { type Binding, type GpuKernel, type MapView, rootBytes, STEP_BYTES, type Workgroups } from "./kernel.ts";

const MAX_WORKGROUPS = 65_535;

/** Any number of workgroups as a grid that WebGPU dispatches; `group` counts them in WGSL. */
export function grid(count: number): Workgroups {
  const rows = Math.ceil(count / MAX_WORKGROUPS);
  return [Math.ceil(count / rows), rows, 1];
}

/** A binding to the root of `view`, as vec4 of channels. */
export function mapBinding(name: string, view: MapView, access: "read" | "read_write" = "read"): Binding {
  return { name, access, type: "array<vec4f>", bytes: (n) => rootBytes(view, n) };
}

/** A binding to `count` floats, as vec4. */
export function floats(name: string, count: number, access: "read" | "read_write" = "read"): Binding {
  return { name, access, type: "array<vec4f>", bytes: () => count * 4 };
}

export const stepBinding: Binding = { name: "step", access: "uniform", type: "Step", bytes: () => STEP_BYTES };

/** Unsigned numbers that WGSL finds as `shape.NAME`. */
export type Shape = Readonly<Record<string, number>>;

/** What a kernel family says about one kernel; the rest of a GpuKernel follows from it. */
export interface KernelSource extends Omit<GpuKernel, "code" | "shape"> {
  /** Sizes that stay out of the code; none by default. */
  readonly shape?: Shape;
  /** Threads of a workgroup. */
  readonly threads: number;
  /** Declarations outside of main. */
  readonly declarations?: string;
  /**
   * Body of main. At hand: `group` = index of the workgroup, `thread` = index of the thread in it. Workgroups beyond
   * the wanted number may run where the grid has several rows: the body returns for them.
   */
  readonly main: string;
}

/** Puts the bindings' declarations and the entry point around a kernel's own code. */
export function assemble({ threads, shape = {}, declarations = "", main, ...kernel }: KernelSource): GpuKernel {
  const variables = kernel.bindings.map(({ name, access, type }, index) => {
    const space = access === "uniform" ? "uniform" : `storage, ${access}`;
    return `@group(0) @binding(${index}) var<${space}> ${name}: ${type};`;
  });
  const step = kernel.bindings.some(({ type }) => type === "Step")
    ? "struct Step { n: u32, lr: f32, momentum: f32, weightDecay: f32 }\n"
    : "";
  const sizes = Object.keys(shape).map((size) => `${size}: u32`);
  if (sizes.length > 0) {
    variables.unshift(`struct Shape { ${sizes.join(", ")} }`);
    variables.push(`@group(0) @binding(${kernel.bindings.length}) var<uniform> shape: Shape;`);
  }
  const code = `${step}${variables.join("\n")}
${declarations}
@compute @workgroup_size(${threads})
fn main(
  @builtin(workgroup_id) workgroup: vec3u,
  @builtin(num_workgroups) workgroups: vec3u,
  @builtin(local_invocation_index) thread: u32,
) {
  let group = workgroup.y * workgroups.x + workgroup.x;
${main}
}
`;
  return { ...kernel, code, shape: Object.values(shape) };
}

/**
 * WGSL `rectify(value)` = max(value, 0), but NaN stays NaN: a network that has gone wrong must not look healthy behind
 * its next ReLU. WGSL's max may answer 0 for NaN, and compilers may take for granted that no float is NaN; bits are
 * what they are.
 */
export const rectifyFunction = `
fn rectify(value: vec4f) -> vec4f {
  // From −0 to −∞; beyond are the NaN with a sign.
  return select(value, vec4f(), bitcast<vec4u>(value) - 0x80000000u <= vec4u(0x7f800000u));
}
`;

/** `count` lines or expressions made from 0 … count − 1. */
export function repeat(count: number, make: (index: number) => string, separator = "\n"): string {
  return Array.from({ length: count }, (_, index) => make(index)).join(separator);
}
