import type { GpuKernel } from "../../kernels/kernel.ts";

/** Bytes that the binding of a uniform begins at a multiple of, on every GPU. */
const ALIGNMENT = 256;

/** The sizes that a network's kernels read from uniforms: one small buffer, written once. */
export class Shapes {
  private readonly offsets = new Map<string, number>();
  private readonly buffer: GPUBuffer;

  constructor(device: GPUDevice, kernels: readonly GpuKernel[]) {
    const distinct = new Map(kernels.map(({ shape }) => [shape.join(), shape]));
    distinct.delete("");
    const numbers = new Uint32Array(distinct.size * (ALIGNMENT / 4));
    for (const [key, shape] of distinct) {
      const offset = this.offsets.size * ALIGNMENT;
      numbers.set(shape, offset / 4);
      this.offsets.set(key, offset);
    }
    const usage = GPUBufferUsage.UNIFORM | GPUBufferUsage.COPY_DST;
    this.buffer = device.createBuffer({ label: "shapes", size: numbers.byteLength, usage });
    device.queue.writeBuffer(this.buffer, 0, numbers);
  }

  get bytes(): number {
    return this.buffer.size;
  }

  /** What is bound behind the kernel's own bindings: one entry, or none if its code has all sizes. */
  entries({ bindings, shape }: GpuKernel): GPUBindGroupEntry[] {
    const offset = this.offsets.get(shape.join());
    if (offset === undefined) return [];
    return [{ binding: bindings.length, resource: { buffer: this.buffer, offset, size: shape.length * 4 } }];
  }

  destroy(): void {
    this.buffer.destroy();
  }
}
