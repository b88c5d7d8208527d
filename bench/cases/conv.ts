import type { Bench, Case } from "../case.ts";
import { resnet18Shapes } from "../kernelsCalls.mjs";
import type { Match } from "../measure/contestant.ts";
import { type ConvolutionShape, KernelContestants, PASSES, type Pass } from "../ours/kernelContestants.ts";

/** Images of a turn: what a thread has to do of a batch of 128 on two threads. */
const IMAGES = 64;
/** Many short kernels, so short turns. */
const HASTE = 0.1;

/** Every distinct convolution of ResNet-18: forward, input gradient and weight gradient, on one thread. */
export const convCase: Case = async (bench) => {
  const kernels = new KernelContestants(bench);
  await kernels.load();
  if (kernels.peaks === "") return [];
  console.log(`multiply–add peak of one thread: ${kernels.peaks}\n`);
  return bench.options.widths.flatMap((width) =>
    (resnet18Shapes(width) as ConvolutionShape[]).flatMap((shape) =>
      PASSES.filter((pass) => kernels.of(shape, IMAGES, pass).length > 0).map((pass) =>
        matchOf(bench, kernels, shape, pass),
      ),
    ),
  );
};

function matchOf(bench: Bench, kernels: KernelContestants, shape: ConvolutionShape, pass: Pass): Match {
  const { cout, size, kernel, stride } = shape;
  // The kernels' first layer has a fourth channel of zeros: not work.
  const cin = shape.cin === 4 ? 3 : shape.cin;
  const { torch, machine } = bench;
  const outputs = IMAGES * (size / stride) ** 2 * cout;
  const work = {
    kind: "conv",
    pass,
    batch: IMAGES,
    cin,
    cout,
    size,
    kernel,
    stride,
    padding: (kernel - 1) / 2,
  } as const;
  return {
    title: `conv ${pass} ${cin}→${cout} ${size} px ${kernel}×${kernel}${stride > 1 ? ` stride ${stride}` : ""}`,
    unit: "GFLOP/s",
    amount: (2 * outputs * cin * kernel ** 2) / 1e9,
    haste: HASTE,
    ours: kernels.of(shape, IMAGES, pass),
    peers: torch ? [() => torch.open(work, { device: "cpu", threads: 1, deviceName: machine.processor })] : [],
  };
}
