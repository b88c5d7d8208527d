import { describe, expect, it } from "vitest";
import { describeAdapter, findAdapter, softwareRenderer } from "./adapter.ts";
import { GpuFault, GpuFaults } from "./faults.ts";

/** As much of a device as the watch looks at. */
function fakeDevice() {
  const target = new EventTarget();
  let lose: (info: { reason: string; message: string }) => void = () => {};
  const lost = new Promise<{ reason: string; message: string }>((resolve) => {
    lose = resolve;
  });
  const device = Object.assign(target, { lost }) as unknown as GPUDevice;
  const refuse = (message: string) =>
    target.dispatchEvent(Object.assign(new Event("uncapturederror"), { error: { message } }));
  return { device, lose, refuse };
}

describe("GpuFaults", () => {
  it("lets work through while nothing happens", async () => {
    const faults = new GpuFaults(fakeDevice().device);
    faults.check();
    await expect(faults.during(Promise.resolve(3))).resolves.toBe(3);
  });

  it("rejects what waits for ever on a lost device, and everything after it", async () => {
    const { device, lose } = fakeDevice();
    const faults = new GpuFaults(device);
    const waiting = faults.during(new Promise(() => {}));
    lose({ reason: "unknown", message: "the driver was reset" });
    await expect(waiting).rejects.toThrow(
      "The GPU device was lost: the driver was reset. Results since the last checkpoint are void; start again from it, or choose WebAssembly.",
    );
    expect(() => faults.check()).toThrow(GpuFault);
    await expect(faults.during(Promise.resolve(1))).rejects.toThrow(GpuFault);
  });

  it("reports a rejected command before its consequences", async () => {
    const { device, lose, refuse } = fakeDevice();
    const faults = new GpuFaults(device);
    refuse("Buffer is invalid");
    lose({ reason: "destroyed", message: "" });
    await Promise.resolve();
    expect(() => faults.check()).toThrow("The GPU rejected a command: Buffer is invalid.");
  });

  it("explains a failed read by the loss that is reported just after it", async () => {
    const { device, lose } = fakeDevice();
    const faults = new GpuFaults(device);
    setTimeout(() => lose({ reason: "destroyed", message: "" }), 5);
    await expect(faults.during(Promise.reject(new Error("unmapped")))).rejects.toThrow('reason "destroyed"');
  });

  it("passes on an error that is no fault of the device", async () => {
    const faults = new GpuFaults(fakeDevice().device);
    await expect(faults.during(Promise.reject(new RangeError("mine")))).rejects.toThrow(RangeError);
  });
});

describe("adapters", () => {
  const info = (fields: Partial<GPUAdapterInfo>) =>
    ({
      vendor: "",
      architecture: "",
      device: "",
      description: "",
      isFallbackAdapter: false,
      ...fields,
    }) as GPUAdapterInfo;

  it.each([
    [info({ vendor: "nvidia", architecture: "ampere" }), "nvidia ampere", false],
    [info({ vendor: "google", architecture: "swiftshader" }), "google swiftshader", true],
    [info({ description: "llvmpipe (LLVM 15.0)" }), "llvmpipe (LLVM 15.0)", true],
    [info({ vendor: "mesa", description: "llvmpipe (LLVM 15.0)" }), "mesa", true],
    [info({ vendor: "acme", isFallbackAdapter: true }), "acme", true],
    [info({}), "unnamed GPU", false],
  ])("are named and judged: %o", (given, name, software) => {
    expect(describeAdapter(given)).toEqual({ name, software });
  });

  it("have names people know", () => {
    expect(softwareRenderer({ name: "google swiftshader", software: true })).toBe("SwiftShader");
    expect(softwareRenderer({ name: "llvmpipe (LLVM 15.0)", software: true })).toBe("llvmpipe");
  });

  it("are refused in words where there is no WebGPU", async () => {
    await expect(findAdapter({ allowSoftware: true })).rejects.toThrow("not offered by this browser or runtime");
  });
});
