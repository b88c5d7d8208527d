import { setBackend } from "@tensorflow/tfjs-core";
import type { BackendRecord } from "../backend.ts";
import { activate } from "../tfjs.ts";
import { type Faults, noFaults } from "../webgpu/faults.ts";
import { acquireGpu } from "../webgpu/gpu.ts";
import { installCpuFilterGradient } from "./cpuFilterGradient.ts";
import { fusedRules, plainRules, type UpdateRules } from "./update.ts";

/** Where the tape computes. */
export interface TapeDevice {
  readonly record: BackendRecord;
  readonly faults: Faults;
  readonly rules: UpdateRules;
  /** true where every new tensor size costs memory for good. */
  readonly fixedShapes: boolean;
  /** Makes this device the one of the tfjs calls that follow, until the next await. */
  activate(): void;
  /** Resolves when everything queued so far has been computed: back-pressure. */
  finished(): Promise<void>;
  close(): void;
}

/** The GPU of this worker. Rejects with BackendRefused. */
export async function gpuDevice(options: { allowSoftware: boolean }): Promise<TapeDevice> {
  const { device, adapter, faults, release } = await acquireGpu(options);
  return {
    record: {
      name: "tape",
      threads: 1,
      adapter: adapter.name,
      software: adapter.software,
      reason: `Stock tfjs on ${adapter.name}${adapter.software ? ", a software adapter: for tests only" : ""}.`,
    },
    faults,
    rules: fusedRules,
    fixedShapes: true,
    activate: () => activate("webgpu"),
    finished: async () => {
      await device.queue.onSubmittedWorkDone();
    },
    close: release,
  };
}

/** Plain JavaScript: right and slow, for tests. */
export async function cpuDevice(): Promise<TapeDevice> {
  await setBackend("cpu");
  installCpuFilterGradient();
  return {
    record: { name: "cpu", threads: 1, adapter: "", software: false, reason: "Plain JavaScript: for tests only." },
    faults: noFaults,
    rules: plainRules,
    fixedShapes: false,
    activate: () => activate("cpu"),
    finished: () => Promise.resolve(),
    close: () => {},
  };
}
