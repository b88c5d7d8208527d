/**
 * One compute kernel for fixed shapes and any batch size n. Convolutions have their shape in their WGSL, because their
 * inner loops divide by it; the others read it from a uniform, so that maps of all sizes share a pipeline. Who runs a
 * kernel binds the buffers of `bindings` in their order to group 0, binding 0, 1, …, behind them `shape`, if it is not
 * empty, and dispatches `workgroups(n)`.
 *
 * Buffers. Activations are NHWC float32; an activation binding starts at the address of the *root* a map lies in, and
 * the kernel adds the view's channel offset itself. Weights are [kernelHeight][kernelWidth][cin][cout]. Parameters and
 * vectors start at their own address. Addresses are multiples of 256 bytes and a binding holds at most 128 MB.
 * WebGPU refuses one buffer bound for reading and for writing in one dispatch, at whatever offsets: a kernel's inputs
 * and outputs have to lie in different GPUBuffers.
 *
 * Sums never depend on the order in which threads run: the same buffers give the same bits on the same device.
 */
export interface GpuKernel {
  /** e.g. "convolve 3×3 s1 64→128 32×32". */
  readonly label: string;
  /** WGSL with the entry point `main`. Equal code is the same pipeline. */
  readonly code: string;
  /** In the order of their binding numbers; the uniform `step`, where a kernel needs it, is the last. */
  readonly bindings: readonly Binding[];
  /** Contents of one more uniform, u32 each: the sizes that are not in the code. Empty = none is bound. */
  readonly shape: readonly number[];
  /** Workgroups to dispatch for a batch of n, 1 ≤ n. */
  workgroups(n: number): Workgroups;
  /** Useful floating-point operations for a batch of n: a multiply-add is two. */
  flops(n: number): number;
  /** Bytes that a batch of n has to read and write at least once each. */
  bytes(n: number): number;
}

export type Workgroups = readonly [x: number, y: number, z: number];

export interface Binding {
  readonly name: string;
  readonly access: "read" | "read_write" | "uniform";
  /** WGSL type of the variable. */
  readonly type: string;
  /** Bytes from the binding's start that a batch of n touches; the bound range must hold them. */
  bytes(n: number): number;
}

/** A map of activations, or of gradients, inside its root. Channel numbers are multiples of 4. */
export interface MapView {
  readonly height: number;
  readonly width: number;
  readonly channels: number;
  /** Channels of the root: floats from one pixel to the next. */
  readonly pixelStride: number;
  /** First channel of the view in the root. */
  readonly channelOffset: number;
}

/** A uniform buffer that the runtime fills once per step: { n: u32, lr: f32, momentum: f32, weightDecay: f32 }. */
export const STEP_BYTES = 16;

/** The part of an adapter's limits that kernels are cut to. */
export type KernelLimits = Pick<
  GPUSupportedLimits,
  "maxComputeWorkgroupStorageSize" | "maxComputeInvocationsPerWorkgroup"
>;

/** A map that fills its root. */
export function wholeMap(height: number, width: number, channels: number): MapView {
  return { height, width, channels, pixelStride: channels, channelOffset: 0 };
}

/** Bytes of the root of `view` for n images. */
export function rootBytes(view: MapView, n: number): number {
  return n * view.height * view.width * view.pixelStride * 4;
}

/** Bytes of the view's own channels for n images. */
export function viewBytes(view: MapView, n: number): number {
  return n * view.height * view.width * view.channels * 4;
}

/** @throws RangeError for a view whose channels do not lie in its root or are not multiples of 4 */
export function checkView(name: string, view: MapView): void {
  const { height, width, channels, pixelStride, channelOffset } = view;
  for (const value of [height, width, channels]) {
    if (!(Number.isInteger(value) && value > 0)) throw new RangeError(`${name} is ${height}×${width}×${channels}.`);
  }
  if (channels % 4 || pixelStride % 4 || channelOffset % 4) {
    throw new RangeError(
      `${name} has ${channels} channels from ${channelOffset} in a root of ${pixelStride}; on WebGPU these must be multiples of 4.`,
    );
  }
  if (channelOffset < 0 || channelOffset + channels > pixelStride) {
    throw new RangeError(
      `${name} takes the channels ${channelOffset} … ${channelOffset + channels - 1} of a root that has ${pixelStride}.`,
    );
  }
}
