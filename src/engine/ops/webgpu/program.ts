import { type WebGPUBackend, type WebGPUProgram, webgpu_util } from "@tensorflow/tfjs-backend-webgpu";
import { engine, type Tensor } from "@tensorflow/tfjs-core";

/** A kernel of our own in tfjs' stream: result[i] for every i of the output, or one workgroup for each. */
export interface Program {
  /** Unique: it is the key of the compiled pipeline, with `variant`. */
  readonly name: string;
  /** Whatever else `code` was made from. */
  readonly variant?: string;
  /** Arrays in WGSL, in the order in which they are given to `run`. */
  readonly inputs: readonly string[];
  /** `uniforms.NAME` in WGSL: i32, f32, or vec4<i32>. */
  readonly uniforms: Readonly<Record<string, "i32" | "f32" | "vec4<i32>">>;
  /** WGSL functions beside the main one. */
  readonly functions?: string;
  /**
   * WGSL statements for element `index`; with `workgroup` for thread `lane` of workgroup `index`, which must write
   * nothing from `uniforms.count` on.
   */
  readonly code: string;
  /** Threads that work on one index together; they may synchronise. Absent: one thread for each element. */
  readonly workgroup?: number;
}

export type Uniforms = Readonly<Record<string, number | readonly [number, number, number, number]>>;

/** Runs a program on a tfjs backend. `count` is how many elements, or workgroups, there are. Result: [size]. */
export function run(
  backend: WebGPUBackend,
  program: Program,
  inputs: readonly Tensor[],
  uniforms: Uniforms,
  size: number,
  count = size,
): Tensor {
  // One dimension whatever the shape: one pipeline per program.
  const flat = inputs.map(({ dataId, dtype, size }) => ({ dataId, dtype, shape: [size] }));
  const numbers = Object.entries(program.uniforms).map(([name, type]) => {
    const value = uniforms[name];
    if (value === undefined) throw new Error(`${program.name} needs ${name}.`);
    return { type: type === "f32" ? "float32" : "int32", data: typeof value === "number" ? [value] : [...value] };
  });
  numbers.push({ type: "int32", data: [count] });
  const info = backend.runWebGPUProgram(webGpuProgram(program, size, count), flat, "float32", numbers);
  return engine().makeTensorFromTensorInfo(info);
}

const THREADS = 64;

function webGpuProgram(program: Program, size: number, count: number): WebGPUProgram {
  const { name, variant = "", inputs, uniforms, workgroup } = program;
  const workgroupSize: [number, number, number] = [workgroup ?? THREADS, 1, 1];
  const dispatchLayout = webgpu_util.flatDispatchLayout([count]);
  return {
    variableNames: [...inputs],
    outputShape: [size],
    uniforms: `${Object.entries(uniforms)
      .map(([uniform, type]) => `${uniform} : ${type},`)
      .join(" ")} count : i32,`,
    workgroupSize,
    dispatchLayout,
    dispatch: webgpu_util.computeDispatch(dispatchLayout, [count], workgroup ? [1, 1, 1] : workgroupSize),
    shaderKey: `sio_ops_${name}_${variant}`,
    getUserCode: () => source(program),
  };
}

/** WGSL forbids barriers after a return that not all threads of a workgroup take, as far as a compiler can see. */
function source({ functions = "", code, workgroup }: Program): string {
  if (workgroup === undefined) {
    return `${functions}
      fn main(index : i32) {
        if (index >= uniforms.count) { return; }
        ${code}
      }`;
  }
  return `${functions}
    fn main(thread : i32) {
      let index = thread / ${workgroup};
      let lane = i32(localId.x);
      ${code}
    }`;
}
