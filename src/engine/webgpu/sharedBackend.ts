import { WebGPUBackend } from "@tensorflow/tfjs-backend-webgpu";
import { env, type Tensor } from "@tensorflow/tfjs-core";
import { type BindGroupCache, identity } from "./bindGroupCache.ts";

/**
 * What this file relies on beyond tfjs' public interface. All contact with tfjs' internals is in this file; they are
 * those of tfjs-backend-webgpu 4.22.0, which package.json pins, and sharedBackend.test.ts fails if they change:
 * - every dispatch goes into `commandEncoder`, in the pass that `endComputePassEncoder` ends, and is submitted once
 *   `dispatchCountInPass` reaches the flag WEBGPU_DEFERRED_SUBMIT_BATCH_SIZE, or by `submitQueue`;
 * - the buffer of a disposed tensor returns to the pool at the next submit if the tensor is in `commandQueueOwnedIds`,
 *   at once otherwise; so what the pool hands out is not named by any command that waits;
 * - free buffers lie in `bufferManager.freeBuffers`, and the last of a size is handed out first;
 * - `this.device` creates bind groups and pipelines.
 */
interface Internals {
  commandEncoder: GPUCommandEncoder | null;
  dispatchCountInPass: number;
  readonly commandQueueOwnedIds: WeakSet<object>;
}

interface Pool {
  readonly freeBuffers: Map<string, GPUBuffer[]>;
}

const SUBMIT_FLAG = "WEBGPU_DEFERRED_SUBMIT_BATCH_SIZE";

/** tfjs' WebGPU backend whose commands and ours go to the GPU in one command buffer, in the order of recording. */
export class SharedBackend extends WebGPUBackend {
  private readonly groups: { current: BindGroupCache | null };

  constructor(gpu: GPUDevice, info: GPUAdapterInfo) {
    const groups = { current: null };
    super(watched(gpu, groups), info);
    this.groups = groups;
  }

  /**
   * Runs `work`, which calls tfjs and `record`, and submits all of it as one command buffer. When the same work has run
   * before with the same `groups`, it creates no bind group and no buffer.
   *
   * An exception of `work` discards what it recorded.
   */
  submitOnce<T>(groups: BindGroupCache, work: () => T): T {
    if (this.groups.current) throw new Error("A command buffer is being recorded already.");
    this.flush();
    this.sortFreeBuffers();
    const limit = env().getNumber(SUBMIT_FLAG);
    env().set(SUBMIT_FLAG, Number.MAX_SAFE_INTEGER);
    this.groups.current = groups;
    try {
      const result = work();
      this.flush();
      return result;
    } catch (error) {
      this.endComputePassEncoder();
      internals(this).commandEncoder = null;
      internals(this).dispatchCountInPass = 0;
      throw error;
    } finally {
      this.groups.current = null;
      env().set(SUBMIT_FLAG, limit);
    }
  }

  /**
   * Submits what has been recorded so far; what follows goes into a command buffer of its own. Only within
   * `submitOnce`, which then submits more than once.
   */
  submitPart(): void {
    if (!this.groups.current) throw new Error("Commands are submitted in parts within submitOnce only.");
    this.flush();
  }

  /** Records commands of our own behind those that tfjs has recorded. Only within `submitOnce`. */
  record(encode: (encoder: GPUCommandEncoder) => void): void {
    if (!this.groups.current) throw new Error("Commands are recorded within submitOnce only.");
    this.ensureCommandEncoderReady();
    this.endComputePassEncoder();
    encode(internals(this).commandEncoder as GPUCommandEncoder);
  }

  /** The buffer that holds a tensor; it stays the tensor's at least until the next submit. */
  bufferOf({ dataId }: Tensor): GPUBuffer {
    this.uploadToGPU(dataId);
    const { resource } = this.tensorMap.get(dataId);
    if (!(resource instanceof GPUBuffer)) throw new Error("The tensor does not lie in a GPU buffer.");
    internals(this).commandQueueOwnedIds.add(dataId);
    return resource;
  }

  /**
   * As tfjs, but within `submitOnce` by `writeBuffer` into a pooled buffer, where tfjs makes a staging buffer. The
   * write happens before the command buffer runs; no command of it names a buffer that was free.
   */
  override uploadToGPU(dataId: object): void {
    const data = this.tensorMap.get(dataId);
    if (!this.groups.current || data.resource || !data.values) {
      super.uploadToGPU(dataId);
      return;
    }
    const numbers = data.values as ArrayLike<number>;
    const values = data.dtype === "float32" ? Float32Array.from(numbers) : Int32Array.from(numbers);
    const usage = GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_SRC | GPUBufferUsage.COPY_DST;
    const buffer = this.bufferManager.acquireBuffer(values.byteLength, usage);
    this.queue.writeBuffer(buffer, 0, values);
    data.resource = buffer;
    // Nothing but the type declares it non-null: tfjs itself stores null here after an upload.
    (data as { values: unknown }).values = null;
  }

  private flush(): void {
    if (!internals(this).commandEncoder) return;
    this.endComputePassEncoder();
    this.submitQueue();
  }

  /** The pool hands out buffers in the same order in every step, so that bind groups recur. */
  private sortFreeBuffers(): void {
    const { freeBuffers } = this.bufferManager as unknown as Pool;
    for (const buffers of freeBuffers.values()) buffers.sort((a, b) => identity(b) - identity(a));
  }
}

function internals(backend: SharedBackend): Internals {
  return backend as unknown as Internals;
}

/** The device with bind groups from the current cache, if there is one, and with one layout object per pipeline. */
function watched(device: GPUDevice, groups: { current: BindGroupCache | null }): GPUDevice {
  const createBindGroup = (descriptor: GPUBindGroupDescriptor) =>
    groups.current ? groups.current.find(device, descriptor) : device.createBindGroup(descriptor);
  const createComputePipeline = (descriptor: GPUComputePipelineDescriptor) => {
    const pipeline = device.createComputePipeline(descriptor);
    const layouts = new Map<number, GPUBindGroupLayout>();
    const getBindGroupLayout = (index: number) => {
      const layout = layouts.get(index) ?? GPUComputePipeline.prototype.getBindGroupLayout.call(pipeline, index);
      layouts.set(index, layout);
      return layout;
    };
    return Object.defineProperty(pipeline, "getBindGroupLayout", { value: getBindGroupLayout });
  };
  const own = { createBindGroup, createComputePipeline };
  return new Proxy(device, {
    get(target, key) {
      if (key in own) return own[key as keyof typeof own];
      // WebGPU's attributes and methods insist on the device itself as `this`.
      const value: unknown = Reflect.get(target, key, target);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
}
