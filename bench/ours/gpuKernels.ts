import { acquireGpu } from "../../src/engine/webgpu/gpu.ts";
import {
  forwardGemm,
  inputGradientGemm,
  type ConvolutionShape as Shape,
  weightBytes,
  weightGradientGemm,
} from "../../src/engine/webgpu/kernels/convolution/convolution.ts";
import { convolve } from "../../src/engine/webgpu/kernels/convolution/convolve.ts";
import { convolveInputGradient } from "../../src/engine/webgpu/kernels/convolution/convolveInputGradient.ts";
import {
  convolveWeightGradient,
  sumSplits,
} from "../../src/engine/webgpu/kernels/convolution/convolveWeightGradient.ts";
import { chooseSplits, chooseTile } from "../../src/engine/webgpu/kernels/convolution/tile.ts";
import { type KernelLimits, rootBytes, STEP_BYTES, wholeMap } from "../../src/engine/webgpu/kernels/kernel.ts";
import { type Call, call, place, type Slot } from "../../src/engine/webgpu/plan/lowering/slots.ts";
import { Dispatches } from "../../src/engine/webgpu/plan/runtime/dispatches.ts";
import { Memory } from "../../src/engine/webgpu/plan/runtime/memory.ts";
import { Pipelines } from "../../src/engine/webgpu/plan/runtime/pipelines.ts";
import { Shapes } from "../../src/engine/webgpu/plan/runtime/shapes.ts";
import type { Contestant } from "../measure/contestant.ts";
import { installGpu } from "./engines.ts";
import type { ConvolutionShape, Pass } from "./kernelContestants.ts";

/** The convolution kernels of the WebGPU plan on one shape, with the tile and the splits that the plan would choose. */
export async function openGpuConvolution(
  shape: ConvolutionShape,
  batch: number,
  pass: Pass,
  options: { readonly software: boolean },
): Promise<Contestant> {
  await installGpu();
  const gpu = await acquireGpu({ allowSoftware: options.software });
  const { device, faults } = gpu;
  const { calls, tile } = callsOf(shape, batch, pass, device.limits);
  const slots = [...new Set(calls.flatMap(({ operands }) => operands.map(({ slot }) => slot)))];
  const memory = new Memory(device, [calls], slots);
  const kernels = calls.map(({ kernel }) => kernel);
  const shapes = new Shapes(device, kernels);
  const step = slots.find(({ name }) => name === "step") as Slot;
  device.queue.writeBuffer(memory.of(step), 0, Uint32Array.of(batch, 0, 0, 0));
  const dispatches = await faults.during(Dispatches.create(device, calls, Pipelines.on(device), memory, shapes, batch));
  const [flops, bytes] = [sum(kernels.map((kernel) => kernel.flops(batch))), sum(kernels.map((k) => k.bytes(batch)))];
  return {
    name: "webgpu",
    device: gpu.adapter.name,
    threads: 1,
    kernel: `${tile}, ${Math.round(flops / bytes)} FLOP/byte`,
    turn: async (times) => {
      const start = performance.now();
      for (let i = 0; i < times; i++) {
        const encoder = device.createCommandEncoder();
        dispatches.record(encoder, batch);
        device.queue.submit([encoder.finish()]);
      }
      await faults.during(device.queue.onSubmittedWorkDone());
      return (performance.now() - start) / 1000;
    },
    close: async () => {
      memory.destroy();
      shapes.destroy();
      gpu.release();
    },
  };
}

const sum = (numbers: readonly number[]) => numbers.reduce((total, number) => total + number, 0);

function callsOf(
  { cin, cout, size, kernel, stride }: ConvolutionShape,
  batch: number,
  pass: Pass,
  limits: KernelLimits,
): { calls: Call[]; tile: string } {
  const window = { kernel, stride, padding: (kernel - 1) / 2 };
  const side = size / stride;
  const shape: Shape = { x: wholeMap(size, size, cin), y: wholeMap(side, side, cout), window };
  const slot = (name: string, bytes: number) => place({ name, bytes, lasts: "kept" });
  const operands = {
    x: slot("x", rootBytes(shape.x, batch)),
    y: slot("y", rootBytes(shape.y, batch)),
    weights: slot("weights", weightBytes(shape)),
    step: slot("step", STEP_BYTES),
  };
  const { x, y, weights, step } = operands;
  if (pass === "forward") {
    const tile = chooseTile(limits, forwardGemm(shape, batch));
    return { tile: named(tile), calls: [call(convolve(shape, tile), operands)] };
  }
  if (pass === "dX") {
    const tile = chooseTile(limits, inputGradientGemm(shape, batch));
    return {
      tile: named(tile),
      calls: [call(convolveInputGradient(shape, tile, false), { dy: y, weights, dx: x, step })],
    };
  }
  const product = weightGradientGemm(shape, batch);
  const tile = chooseTile(limits, product);
  const splits = chooseSplits(product, tile);
  const partials = slot("partial sums", splits * weightBytes(shape));
  const gradient = call(convolveWeightGradient(shape, tile, splits), { x, dy: y, dWeights: partials, step });
  if (splits === 1) return { tile: named(tile), calls: [gradient] };
  const added = call(sumSplits(weightBytes(shape) / 4, splits), { partials, sums: weights });
  return { tile: `${named(tile)} in ${splits}`, calls: [gradient, added] };
}

const named = ({ rows, columns }: { rows: number; columns: number }) => `${rows}×${columns}`;
