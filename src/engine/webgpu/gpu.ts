import { env, findBackendFactory, registerBackend, removeBackend, setBackend } from "@tensorflow/tfjs-core";
import "../tfjs.ts";
import { BackendRefused } from "../selectErrors.ts";
import { type AdapterRecord, findAdapter } from "./adapter.ts";
import { GpuFaults } from "./faults.ts";
import { SharedBackend } from "./sharedBackend.ts";

/** The GPU of this worker: our own device, shared with tfjs and watched for faults. */
export interface Gpu {
  readonly device: GPUDevice;
  readonly adapter: AdapterRecord;
  readonly faults: GpuFaults;
  /** tfjs on this device: its backend "webgpu". */
  readonly tfjs: SharedBackend;
  /** Every user calls it once; the last one closes the device. */
  release(): void;
}

/** Limits worth raising to what the adapter offers: the defaults are those of the weakest phones. */
const raisedLimits = [
  "maxBufferSize",
  "maxStorageBufferBindingSize",
  "maxStorageBuffersPerShaderStage",
  "maxComputeWorkgroupStorageSize",
  "maxComputeInvocationsPerWorkgroup",
  "maxComputeWorkgroupSizeX",
  "maxComputeWorkgroupSizeY",
  "maxComputeWorkgroupSizeZ",
  "maxComputeWorkgroupsPerDimension",
] as const;

let shared: { gpu: Gpu; users: number } | null = null;

/**
 * The one GPU of this worker, opened on first use. tfjs computes on the same device under the backend name "webgpu".
 * Rejects with BackendRefused where there is no adapter that may be used.
 */
export async function acquireGpu(options: { allowSoftware: boolean }): Promise<Gpu> {
  if (shared?.gpu.faults.failure) shared = null;
  if (shared) {
    if (shared.gpu.adapter.software && !options.allowSoftware) {
      throw new BackendRefused("this worker already computes on a software adapter");
    }
    shared.users++;
    return shared.gpu;
  }
  const { adapter, record } = await findAdapter(options);
  const device = await requestDevice(adapter);
  const faults = new GpuFaults(device);
  // The tiled kernel, correct for both strides of ResNet-18, instead of the naive default.
  env().set("WEBGPU_USE_NAIVE_CONV2D_TRANSPOSE", false);
  // tfjs registers a backend of its own, on a device that nobody watches.
  if (findBackendFactory("webgpu")) removeBackend("webgpu");
  const tfjs = new SharedBackend(device, adapter.info);
  registerBackend("webgpu", () => tfjs);
  if (!(await setBackend("webgpu"))) {
    device.destroy();
    throw new BackendRefused("tfjs could not start on the GPU device");
  }
  const opened = { gpu: { device, adapter: record, faults, tfjs, release }, users: 1 };
  shared = opened;
  return opened.gpu;

  function release(): void {
    if (--opened.users > 0) return;
    // After a fault another device may have taken the place of this one.
    if (shared === opened) {
      shared = null;
      removeBackend("webgpu");
    }
    faults.fail(new Error("The GPU device has been closed."));
    device.destroy();
  }
}

async function requestDevice(adapter: GPUAdapter): Promise<GPUDevice> {
  const requiredLimits: Record<string, number> = {};
  for (const name of raisedLimits) requiredLimits[name] = adapter.limits[name];
  const requiredFeatures: GPUFeatureName[] = adapter.features.has("timestamp-query") ? ["timestamp-query"] : [];
  try {
    return await adapter.requestDevice({ requiredLimits, requiredFeatures });
  } catch (error) {
    throw new BackendRefused(`the GPU device could not be opened (${String(error)})`, { cause: error });
  }
}
