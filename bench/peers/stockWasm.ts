import { createRequire } from "node:module";
import {
  Conv2DBackpropFilter,
  type Conv2DBackpropFilterAttrs,
  conv2d,
  engine,
  getBackend,
  type KernelFunc,
  registerKernel,
  setBackend,
  slice,
  type Tensor4D,
  tidy,
  transpose,
  version_core,
} from "@tensorflow/tfjs-core";
import type { Engine } from "../../src/engine/network.ts";
import type { TapeDevice } from "../../src/engine/tape/device.ts";
import { TapeNetwork } from "../../src/engine/tape/tapeNetwork.ts";
import { plainRules } from "../../src/engine/tape/update.ts";
import { noFaults } from "../../src/engine/webgpu/faults.ts";

const PACKAGE = "@tensorflow/tfjs-backend-wasm";
/** The package at the version of the other tfjs packages. */
export const STOCK_WASM = `${PACKAGE}@${version_core}`;

export function isStockWasmInstalled(): boolean {
  try {
    createRequire(import.meta.url).resolve(PACKAGE);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "MODULE_NOT_FOUND") return false;
    throw error;
  }
}

/**
 * Stock tfjs on its WebAssembly backend, trained by the tape. The backend lacks the filter gradient of a convolution,
 * without which nothing trains there; a stop-gap made of its own forward convolution fills in. One thread: the
 * backend has no others in Node.
 *
 * The npm package must be installed: see isStockWasmInstalled.
 */
export async function openStockWasm(): Promise<Engine> {
  // Not bundled: it finds its binaries beside itself. Both copies of tfjs-core share one global registry.
  await import(/* @vite-ignore */ PACKAGE);
  if (!(await setBackend("wasm"))) throw new Error("the wasm backend of tfjs could not be started");
  installFilterGradient();
  const { record } = device;
  return {
    backend: record,
    failure: null,
    createNetwork: async (spec, options) => new TapeNetwork(spec, record, device, options),
    dispose: () => {},
  };
}

const device: TapeDevice = {
  // For the interface only: results are never computed on this one.
  record: { name: "cpu", threads: 1, adapter: "", software: false, reason: "Stock tfjs on WebAssembly, as a peer." },
  faults: noFaults,
  rules: plainRules,
  fixedShapes: false,
  activate: () => {
    if (getBackend() !== "wasm") void setBackend("wasm");
  },
  finished: () => Promise.resolve(),
  close: () => {},
};

let installed = false;

function installFilterGradient(): void {
  if (installed) return;
  installed = true;
  const kernelFunc: KernelFunc = ({ inputs, attrs }) => {
    const { x, dy } = inputs;
    if (!x || !dy) throw new Error("A filter gradient takes x and dy.");
    const tensors = engine();
    const asTensor = (info: typeof x) => tensors.makeTensorFromTensorInfo(info) as Tensor4D;
    return filterGradient(asTensor(x), asTensor(dy), attrs as unknown as Conv2DBackpropFilterAttrs);
  };
  registerKernel({ kernelName: Conv2DBackpropFilter, backendName: "wasm", kernelFunc });
}

/**
 * dW[ky, kx, i, o] = Σ x[n, s·oy + ky − p, s·ox + kx − p, i] · dy[n, oy, ox, o] as one forward convolution: channels
 * take the place of the batch and the batch that of channels, and dy is the filter, dilated by the stride.
 */
export function filterGradient(x: Tensor4D, dy: Tensor4D, attrs: Conv2DBackpropFilterAttrs): Tensor4D {
  const { strides, pad, filterShape } = attrs;
  if (typeof pad !== "number") throw new Error(`The stop-gap takes a number as padding, not ${JSON.stringify(pad)}.`);
  const stride = Array.isArray(strides) ? (strides[0] as number) : strides;
  const [rows, columns, cin, cout] = filterShape;
  return tidy(() => {
    const input = transpose(x, [3, 1, 2, 0]);
    const filter = transpose(dy, [1, 2, 0, 3]);
    const wide = conv2d(input, filter, 1, pad, "NHWC", stride);
    // An even side of the images leaves a row and a column that no window of stride 2 reaches.
    return transpose(slice(wide, [0, 0, 0, 0], [cin, rows, columns, cout]), [1, 2, 0, 3]);
  });
}
