import type { Binding, GpuKernel } from "../../kernels/kernel.ts";

const bufferTypes = { read: "read-only-storage", read_write: "storage", uniform: "uniform" } as const;

export interface Pipeline {
  readonly pipeline: GPUComputePipeline;
  readonly layout: GPUBindGroupLayout;
}

/** Compiled kernels of a device, each code once, for all networks on it. */
export class Pipelines {
  private static readonly devices = new WeakMap<GPUDevice, Pipelines>();
  private readonly layouts = new Map<string, GPUBindGroupLayout>();
  private readonly compiled = new Map<string, Promise<Pipeline>>();

  private constructor(private readonly device: GPUDevice) {}

  static on(device: GPUDevice): Pipelines {
    const pipelines = Pipelines.devices.get(device) ?? new Pipelines(device);
    Pipelines.devices.set(device, pipelines);
    return pipelines;
  }

  /** The kernel's pipeline. Compiled beside the JavaScript; rejects with the compiler's words if the WGSL is invalid. */
  of(kernel: GpuKernel): Promise<Pipeline> {
    const known = this.compiled.get(kernel.code);
    if (known) return known;
    const compiling = this.compile(kernel);
    this.compiled.set(kernel.code, compiling);
    compiling.catch(() => this.compiled.delete(kernel.code));
    return compiling;
  }

  private async compile({ label, code, bindings, shape }: GpuKernel): Promise<Pipeline> {
    const uniform = shape.length > 0 ? (["uniform"] as const) : [];
    const layout = this.layout([...bindings.map(({ access }) => access), ...uniform]);
    const pipeline = await this.device.createComputePipelineAsync({
      label,
      layout: this.device.createPipelineLayout({ bindGroupLayouts: [layout] }),
      compute: { module: this.device.createShaderModule({ label, code }), entryPoint: "main" },
    });
    return { pipeline, layout };
  }

  private layout(bindings: readonly Binding["access"][]): GPUBindGroupLayout {
    const key = bindings.join();
    const known = this.layouts.get(key);
    if (known) return known;
    const layout = this.device.createBindGroupLayout({
      entries: bindings.map((access, binding) => {
        return { binding, visibility: GPUShaderStage.COMPUTE, buffer: { type: bufferTypes[access] } };
      }),
    });
    this.layouts.set(key, layout);
    return layout;
  }
}
