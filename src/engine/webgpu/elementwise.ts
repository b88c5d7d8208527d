import { WebGPUBackend, type WebGPUProgram, webgpu_util } from "@tensorflow/tfjs-backend-webgpu";
import { backend, engine, type Tensor, util } from "@tensorflow/tfjs-core";

/** result[i] = expression, in one dispatch where tfjs needs one for every operator and uploads every scalar. */
export interface Elementwise {
  /** Unique: together with the number of values it is the key of the compiled pipeline. */
  readonly name: string;
  /** Tensors of equal size, each an `array<f32>` in WGSL. */
  readonly inputs: readonly string[];
  /** Numbers, each `uniforms.NAME` in WGSL. */
  readonly scalars: readonly string[];
  /** WGSL of type f32; `index` is the position. */
  readonly expression: string;
}

/** Runs on the current tfjs backend, which must be WebGPU. The result has the shape of the first input. */
export function elementwise(operation: Elementwise, inputs: readonly Tensor[], scalars: readonly number[]): Tensor {
  const first = inputs[0];
  const gpu = backend();
  if (!first || !(gpu instanceof WebGPUBackend)) throw new Error(`${operation.name} needs tensors on WebGPU.`);
  util.assert(
    inputs.length === operation.inputs.length && inputs.every(({ size }) => size === first.size),
    () => `${operation.name} needs ${operation.inputs.length} tensors of equal size.`,
  );
  // One dimension whatever the shape: one pipeline per operation.
  const flat = inputs.map(({ dataId, dtype, size }) => ({ dataId, dtype, shape: [size] }));
  const uniforms = scalars.map((value) => ({ type: "float32", data: [value] }));
  const result = gpu.runWebGPUProgram(program(operation, first.size), flat, "float32", uniforms);
  return engine().makeTensorFromTensorInfo({ ...result, shape: first.shape });
}

function program({ name, inputs, scalars, expression }: Elementwise, size: number): WebGPUProgram {
  const dispatchLayout = webgpu_util.flatDispatchLayout([size]);
  const workgroupSize: [number, number, number] = [64, 1, 1];
  return {
    variableNames: [...inputs],
    outputShape: [size],
    uniforms: scalars.map((scalar) => `${scalar} : f32,`).join(" "),
    workgroupSize,
    dispatchLayout,
    dispatch: webgpu_util.computeDispatch(dispatchLayout, [size], workgroupSize),
    shaderKey: `sio_${name}`,
    size: true,
    getUserCode: () => `
      fn main(index : i32) {
        if (index < uniforms.size) {
          setOutputAtIndex(index, ${expression});
        }
      }
    `,
  };
}
