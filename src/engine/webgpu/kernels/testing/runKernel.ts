import type { GpuKernel } from "../kernel.ts";
import type { TestGpu } from "./testGpu.ts";

/** What lies where a kernel has no business: inputs would turn its results into NaN, outputs show that it wrote. */
const BEYOND = Number.NaN;
const TAIL = 64;

export interface StepValues {
  readonly lr?: number;
  readonly momentum?: number;
  readonly weightDecay?: number;
}

/**
 * Runs a kernel once for a batch of n. `given` holds every binding's contents by name, also what outputs hold before;
 * the uniform step is added. Returns what the outputs hold afterwards.
 *
 * @throws Error if a buffer has not the size that its binding says, or if the kernel wrote beyond one
 */
export async function runKernel(
  gpu: TestGpu,
  kernel: GpuKernel,
  n: number,
  given: Readonly<Record<string, Float32Array | Uint32Array>>,
  values: StepValues = {},
): Promise<Record<string, Float32Array>> {
  const buffers = kernel.bindings.map(({ name, access, bytes }) => {
    if (access === "uniform") return step(n, values);
    const data = given[name];
    if (data?.byteLength !== bytes(n)) {
      throw new Error(`${kernel.label}: "${name}" is ${bytes(n)} bytes, but the test gives ${data?.byteLength}.`);
    }
    const padded = new Uint8Array(data.byteLength + TAIL * 4);
    padded.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
    padded.set(new Uint8Array(new Float32Array(TAIL).fill(BEYOND).buffer), data.byteLength);
    return padded;
  });
  const written = await gpu.run(kernel, n, buffers);
  const results: Record<string, Float32Array> = {};
  for (const [index, { name, bytes }] of kernel.bindings.entries()) {
    const data = written[index];
    if (!data) continue;
    const all = new Float32Array(data.slice().buffer);
    if (!all.subarray(bytes(n) / 4).every(Number.isNaN)) throw new Error(`${kernel.label} wrote beyond "${name}".`);
    results[name] = all.subarray(0, bytes(n) / 4);
  }
  return results;
}

function step(n: number, { lr = 0, momentum = 0, weightDecay = 0 }: StepValues): Uint8Array {
  const view = new DataView(new ArrayBuffer(16));
  view.setUint32(0, n, true);
  view.setFloat32(4, lr, true);
  view.setFloat32(8, momentum, true);
  view.setFloat32(12, weightDecay, true);
  return new Uint8Array(view.buffer);
}

/** One of the outputs of `runKernel`. */
export function output(results: Readonly<Record<string, Float32Array>>, name: string): Float32Array {
  const data = results[name];
  if (!data) throw new Error(`The kernel writes no "${name}".`);
  return data;
}
