import type { GpuCounts } from "./counts.ts";
import { FakeBindGroup, FakeBuffer, FakeLayout, FakePipeline, FakeTexture } from "./fakeObjects.ts";

const limits = {
  maxBufferSize: 2 ** 28,
  maxStorageBufferBindingSize: 2 ** 27,
  maxStorageBuffersPerShaderStage: 8,
  maxComputeWorkgroupStorageSize: 16384,
  maxComputeInvocationsPerWorkgroup: 256,
  maxComputeWorkgroupSizeX: 256,
  maxComputeWorkgroupSizeY: 256,
  maxComputeWorkgroupSizeZ: 64,
  maxComputeWorkgroupsPerDimension: 65535,
};

/**
 * A GPUDevice that computes nothing, counts everything and throws at what a real one would refuse. Its limits are those
 * that WebGPU guarantees everywhere. Everything that is read back is zero.
 */
export class FakeDevice extends EventTarget {
  readonly limits = limits;
  readonly features = new Set<string>();
  readonly lost: Promise<GPUDeviceLostInfo>;
  readonly queue = new FakeQueue(this);
  readonly live = new Set<FakeBuffer>();
  private readonly counted = {
    submits: 0,
    dispatches: 0,
    passes: 0,
    copies: 0,
    copiedBytes: 0,
    uploads: 0,
    uploadedBytes: 0,
    buffersCreated: 0,
    bindGroupsCreated: 0,
    pipelinesCreated: 0,
    liveBytes: 0,
    peakBytes: 0,
  };
  private resolveLost: (info: GPUDeviceLostInfo) => void = () => {};

  constructor() {
    super();
    this.lost = new Promise((resolve) => {
      this.resolveLost = resolve;
    });
  }

  /** The device goes away, as when a driver is reset. */
  lose(message: string): void {
    this.resolveLost({ reason: "unknown", message } as GPUDeviceLostInfo);
  }

  get counts(): GpuCounts {
    return { ...this.counted, liveBuffers: this.live.size };
  }

  count(what: "submits" | "dispatches" | "passes"): void {
    this.counted[what]++;
  }

  countCopy(bytes: number): void {
    this.counted.copies++;
    this.counted.copiedBytes += bytes;
  }

  countUpload(bytes: number): void {
    this.counted.uploads++;
    this.counted.uploadedBytes += bytes;
  }

  createBuffer({ size, usage, label = "", mappedAtCreation = false }: GPUBufferDescriptor): FakeBuffer {
    if (size > limits.maxBufferSize) throw new Error(`A buffer of ${size} bytes is too large.`);
    if (size % 4) throw new Error(`A buffer of ${size} bytes: not a multiple of 4.`);
    const buffer = new FakeBuffer(size, usage, label, mappedAtCreation, () => {
      this.live.delete(buffer);
      this.counted.liveBytes -= size;
    });
    this.live.add(buffer);
    this.counted.buffersCreated++;
    this.counted.liveBytes += size;
    this.counted.peakBytes = Math.max(this.counted.peakBytes, this.counted.liveBytes);
    if (mappedAtCreation) this.countUpload(size);
    return buffer;
  }

  createBindGroupLayout({ entries }: GPUBindGroupLayoutDescriptor): FakeLayout {
    this.counted.pipelinesCreated++;
    return new FakeLayout([...entries]);
  }

  createPipelineLayout({ bindGroupLayouts }: GPUPipelineLayoutDescriptor): FakeLayout {
    this.counted.pipelinesCreated++;
    return [...bindGroupLayouts][0] as unknown as FakeLayout;
  }

  createShaderModule(): object {
    this.counted.pipelinesCreated++;
    return {};
  }

  createComputePipeline({ layout }: GPUComputePipelineDescriptor): FakePipeline {
    this.counted.pipelinesCreated++;
    return new FakePipeline(layout === "auto" ? new FakeLayout(null) : (layout as unknown as FakeLayout));
  }

  async createComputePipelineAsync(descriptor: GPUComputePipelineDescriptor): Promise<FakePipeline> {
    return this.createComputePipeline(descriptor);
  }

  createBindGroup(descriptor: GPUBindGroupDescriptor): FakeBindGroup {
    this.counted.bindGroupsCreated++;
    return new FakeBindGroup(descriptor as unknown as ConstructorParameters<typeof FakeBindGroup>[0]);
  }

  createCommandEncoder(): FakeEncoder {
    return new FakeEncoder(this);
  }

  destroy(): void {
    for (const buffer of this.live) buffer.destroy();
  }
}

/** Commands are checked when they are recorded and take effect, that is, count, when they are submitted. */
class FakeEncoder {
  private readonly commands: (() => void)[] = [];

  constructor(private readonly device: FakeDevice) {}

  beginComputePass() {
    const { device, commands } = this;
    commands.push(() => device.count("passes"));
    let group: FakeBindGroup | null = null;
    return {
      setPipeline: () => {},
      setBindGroup: (_index: number, next: FakeBindGroup) => {
        group = next;
      },
      dispatchWorkgroups: (x: number, y = 1, z = 1) => {
        for (const count of [x, y, z]) {
          if (!(Number.isInteger(count) && count > 0 && count <= limits.maxComputeWorkgroupsPerDimension)) {
            throw new Error(`A dispatch of ${x}×${y}×${z} workgroups.`);
          }
        }
        const used = group;
        if (!used) throw new Error("A dispatch without a bind group.");
        used.check();
        commands.push(() => {
          used.check();
          device.count("dispatches");
        });
      },
      end: () => {},
    };
  }

  copyBufferToBuffer(source: FakeBuffer, from: number, target: FakeBuffer, to: number, bytes: number): void {
    if (from % 4 || to % 4 || bytes % 4) throw new Error(`A copy of ${bytes} bytes from ${from} to ${to}.`);
    if (from + bytes > source.size || to + bytes > target.size) throw new Error("A copy beyond a buffer's end.");
    if (source === target) throw new Error("A copy within one buffer.");
    this.commands.push(() => {
      if (source.destroyed || target.destroyed) throw new Error("A copy of a destroyed buffer.");
      if (target.mapState !== "unmapped") throw new Error(`A copy to "${target.label}", which is mapped.`);
      this.device.countCopy(bytes);
    });
  }

  finish(): readonly (() => void)[] {
    return this.commands;
  }
}

class FakeQueue {
  constructor(private readonly device: FakeDevice) {}

  submit(buffers: readonly (readonly (() => void)[])[]): void {
    for (const commands of buffers) {
      this.device.count("submits");
      for (const command of commands) command();
    }
  }

  writeBuffer(target: FakeBuffer, offset: number, data: ArrayBufferView | ArrayBuffer, from = 0, size?: number): void {
    // In elements for typed arrays, in bytes for buffers.
    const unit = ArrayBuffer.isView(data) ? ((data as Uint8Array).BYTES_PER_ELEMENT ?? 1) : 1;
    const bytes = size === undefined ? data.byteLength - from * unit : size * unit;
    if (bytes % 4 || offset % 4) throw new Error(`A write of ${bytes} bytes at ${offset}: no multiples of 4.`);
    if (target.destroyed || offset + bytes > target.size) throw new Error(`A write beyond "${target.label}".`);
    this.device.countUpload(bytes);
  }

  async onSubmittedWorkDone(): Promise<void> {}
}

/** Makes Node look like a browser with WebGPU, and its only adapter give out these devices, the last one for ever. */
export function installFakeGpu(...devices: readonly [FakeDevice, ...FakeDevice[]]): void {
  const info = { vendor: "fake", architecture: "counting", device: "", description: "", isFallbackAdapter: false };
  let given = 0;
  const requestDevice = async () => devices[Math.min(given++, devices.length - 1)];
  const adapter = { info, limits, features: devices[0].features, requestDevice };
  Object.defineProperty(globalThis, "navigator", {
    value: { gpu: { requestAdapter: async () => adapter }, userAgent: "node" },
    configurable: true,
  });
  Object.assign(globalThis, {
    GPUBuffer: FakeBuffer,
    GPUTexture: FakeTexture,
    GPUComputePipeline: FakePipeline,
    GPUMapMode: { READ: 1, WRITE: 2 },
    GPUShaderStage: { VERTEX: 1, FRAGMENT: 2, COMPUTE: 4 },
    GPUBufferUsage: {
      MAP_READ: 1,
      MAP_WRITE: 2,
      COPY_SRC: 4,
      COPY_DST: 8,
      INDEX: 16,
      VERTEX: 32,
      UNIFORM: 64,
      STORAGE: 128,
      INDIRECT: 256,
      QUERY_RESOLVE: 512,
    },
  });
}
