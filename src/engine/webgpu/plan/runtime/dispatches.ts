import type { GpuKernel } from "../../kernels/kernel.ts";
import type { Call, Place, Slot } from "../lowering/slots.ts";
import type { Memory } from "./memory.ts";
import type { Pipeline, Pipelines } from "./pipelines.ts";
import type { Shapes } from "./shapes.ts";

/** Buffers of somebody else, for the slots that are "foreign". */
export type Foreign = ReadonlyMap<Slot, GPUBuffer>;

/** One call, ready to be recorded. */
class Dispatch {
  /** By foreign buffer; they come from a pool and are the same few again and again. */
  private readonly groups = new Map<GPUBuffer | null, GPUBindGroup>();
  private readonly foreign: Slot | null;

  constructor(
    private readonly device: GPUDevice,
    private readonly call: Call,
    private readonly compiled: Pipeline,
    private readonly memory: Memory,
    private readonly shapes: Shapes,
    private readonly maxBatch: number,
  ) {
    this.foreign = call.operands.find(({ slot }) => slot.lasts === "foreign")?.slot ?? null;
    if (!this.foreign) this.groups.set(null, this.bind(null));
  }

  get kernel(): GpuKernel {
    return this.call.kernel;
  }

  record(pass: GPUComputePassEncoder, n: number, foreign: Foreign): void {
    pass.setPipeline(this.compiled.pipeline);
    pass.setBindGroup(0, this.group(foreign));
    pass.dispatchWorkgroups(...this.kernel.workgroups(n));
  }

  private group(foreign: Foreign): GPUBindGroup {
    const buffer = (this.foreign && foreign.get(this.foreign)) ?? null;
    const known = this.groups.get(buffer);
    if (known) return known;
    const group = this.bind(buffer);
    this.groups.set(buffer, group);
    return group;
  }

  private bind(foreign: GPUBuffer | null): GPUBindGroup {
    const { kernel, operands } = this.call;
    return this.device.createBindGroup({
      label: kernel.label,
      layout: this.compiled.layout,
      entries: [
        ...operands.map((place, binding) => this.entry(place, binding, foreign)),
        ...this.shapes.entries(kernel),
      ],
    });
  }

  private entry({ slot, offset }: Place, binding: number, foreign: GPUBuffer | null): GPUBindGroupEntry {
    const { kernel } = this.call;
    if (slot.lasts === "foreign") {
      if (!foreign) throw new Error(`${kernel.label}: "${slot.name}" was not given.`);
      return { binding, resource: { buffer: foreign } };
    }
    const size = kernel.bindings[binding]?.bytes(this.maxBatch) as number;
    return { binding, resource: { buffer: this.memory.of(slot), offset, size } };
  }
}

const nothing: Foreign = new Map();

/** Calls that run one after the other, with everything that they need of the GPU made. */
export class Dispatches {
  private constructor(private readonly dispatches: readonly Dispatch[]) {}

  static async create(
    device: GPUDevice,
    calls: readonly Call[],
    pipelines: Pipelines,
    memory: Memory,
    shapes: Shapes,
    maxBatch: number,
  ): Promise<Dispatches> {
    const compiled = await Promise.all(calls.map(({ kernel }) => pipelines.of(kernel)));
    return new Dispatches(
      calls.map((call, i) => new Dispatch(device, call, compiled[i] as Pipeline, memory, shapes, maxBatch)),
    );
  }

  /** Useful floating-point operations for a batch of n. */
  flops(n: number): number {
    return this.dispatches.reduce((sum, { kernel }) => sum + kernel.flops(n), 0);
  }

  /** The same calls in consecutive parts of at most so many FLOP each for a batch of n, or of one call. */
  parts(n: number, most: number): Dispatches[] {
    if (this.flops(n) <= most) return [this];
    const parts: Dispatch[][] = [[]];
    let flops = 0;
    for (const dispatch of this.dispatches) {
      const more = dispatch.kernel.flops(n);
      if (flops > 0 && flops + more > most) {
        parts.push([]);
        flops = 0;
      }
      parts.at(-1)?.push(dispatch);
      flops += more;
    }
    return parts.map((part) => new Dispatches(part));
  }

  /** Records all for a batch of n in one compute pass. */
  record(encoder: GPUCommandEncoder, n: number, foreign: Foreign = nothing): void {
    const pass = encoder.beginComputePass();
    for (const dispatch of this.dispatches) dispatch.record(pass, n, foreign);
    pass.end();
  }
}
