import { create, globals } from "webgpu";

/**
 * Gives Node a WebGPU: Dawn, from the npm package `webgpu`. Call it before the first use of a GPU; `process.exit` is
 * needed at the end, because Dawn keeps the process alive.
 *
 * Dawn finds drivers through the Vulkan loader: with no GPU, set VK_ICD_FILENAMES to a SwiftShader manifest and
 * LD_LIBRARY_PATH to the folder of libvulkan.so.1 before the process starts.
 */
export function installDawn(): void {
  Object.assign(globalThis, globals);
  Object.defineProperty(globalThis, "navigator", {
    value: { gpu: create([]), userAgent: "node" },
    configurable: true,
    writable: true,
  });
}
