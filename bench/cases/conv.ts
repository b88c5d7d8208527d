import type { Bench, Case } from "../case.ts";
import { resnet18Shapes } from "../kernelsCalls.mjs";
import type { Match } from "../measure/contestant.ts";
import { openGpuConvolution } from "../ours/gpuKernels.ts";
import { type ConvolutionShape, KernelContestants, PASSES, type Pass } from "../ours/kernelContestants.ts";
import { costsReport } from "../ours/webgpuCosts.ts";

/** Images of a turn: what a thread has to do of a batch of 128 on two threads. */
const IMAGES = 64;
/** Many short kernels, so short turns. */
const HASTE = 0.1;

/**
 * Every distinct convolution of ResNet-18: forward, input gradient and weight gradient. The WebAssembly kernels on one
 * thread; the WebGPU kernels on the whole batch, after a table of what they cost, which needs no GPU.
 */
export const convCase: Case = async (bench) => {
  const { options, backends } = bench;
  const kernels = new KernelContestants(bench);
  await kernels.load();
  if (kernels.peaks !== "") console.log(`multiply–add peak of one thread: ${kernels.peaks}\n`);
  if (backends.includes("webgpu") || (options.asked.backends && options.backends.includes("webgpu"))) {
    for (const width of options.widths) console.log(`${costsReport(width, options.batch, options.imageSize)}\n`);
    if (!backends.includes("webgpu")) console.log("There is no GPU here: the speed on WebGPU is unmeasured.\n");
  }
  const shapes = options.widths.flatMap((width) => resnet18Shapes(width) as ConvolutionShape[]);
  const passes = shapes.flatMap((shape) => PASSES.map((pass) => [shape, pass] as const));
  return [
    ...passes
      .filter(([shape, pass]) => kernels.of(shape, IMAGES, pass).length > 0)
      .map(([shape, pass]) => wasmMatch(bench, kernels, shape, pass)),
    // The images have no gradient.
    ...(backends.includes("webgpu") ? passes.filter(([{ cin }, pass]) => cin > 4 || pass !== "dX") : []).map(
      ([shape, pass]) => gpuMatch(bench, shape, pass),
    ),
  ];
};

function wasmMatch(bench: Bench, kernels: KernelContestants, shape: ConvolutionShape, pass: Pass): Match {
  const { torch, machine } = bench;
  const on = { device: "cpu", threads: 1, deviceName: machine.processor } as const;
  return {
    ...workOf(shape, pass, IMAGES),
    ours: kernels.of(shape, IMAGES, pass),
    peers: torch ? [() => torch.open(torchWork(shape, pass, IMAGES), on)] : [],
  };
}

function gpuMatch({ options, torch }: Bench, shape: ConvolutionShape, pass: Pass): Match {
  const { batch, software } = options;
  const work = workOf(shape, pass, batch);
  const cuda = software ? null : (torch?.facts.cuda ?? null);
  const on = { device: "cuda", threads: 1, deviceName: cuda ?? "" } as const;
  return {
    ...work,
    title: `${work.title} batch ${batch}${software ? " (software adapter: not a speed)" : ""}`,
    ours: [() => openGpuConvolution(shape, batch, pass, { software })],
    peers: torch && cuda !== null ? [() => torch.open(torchWork(shape, pass, batch), on)] : [],
  };
}

/** The kernels' first layer has a fourth channel of zeros: not work. */
const inputsOf = ({ cin }: ConvolutionShape) => (cin === 4 ? 3 : cin);

function torchWork(shape: ConvolutionShape, pass: Pass, batch: number) {
  const { cout, size, kernel, stride } = shape;
  const cin = inputsOf(shape);
  return { kind: "conv", pass, batch, cin, cout, size, kernel, stride, padding: (kernel - 1) / 2 } as const;
}

function workOf(shape: ConvolutionShape, pass: Pass, batch: number): Omit<Match, "ours" | "peers"> {
  const { cout, size, kernel, stride } = shape;
  const cin = inputsOf(shape);
  return {
    title: `conv ${pass} ${cin}→${cout} ${size} px ${kernel}×${kernel}${stride > 1 ? ` stride ${stride}` : ""}`,
    unit: "GFLOP/s",
    amount: (2 * batch * (size / stride) ** 2 * cout * cin * kernel ** 2) / 1e9,
    haste: HASTE,
  };
}
