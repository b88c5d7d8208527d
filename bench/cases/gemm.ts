import type { Case } from "../case.ts";
import type { Match } from "../measure/contestant.ts";
import { KernelContestants } from "../ours/kernelContestants.ts";

/** [images, side, K, N]: a 1×1 convolution is the product [images · side² × K] · [K × N]. */
const PRODUCTS = [
  [8, 32, 64, 64],
  [32, 8, 256, 256],
  [32, 4, 512, 512],
  // As deep as a 3×3 convolution of 512 channels.
  [32, 4, 4608, 512],
] as const;

const convolution = { kind: "conv", pass: "forward", kernel: 1, stride: 1, padding: 0 } as const;

/**
 * Matrix products by the convolution kernels on one thread, against PyTorch's matmul and, since that is only as good
 * as the BLAS it was built with, its 1×1 convolution too.
 */
export const gemmCase: Case = async (bench) => {
  const kernels = new KernelContestants(bench);
  await kernels.load();
  const { torch, machine } = bench;
  const on = { device: "cpu", threads: 1, deviceName: machine.processor } as const;
  return PRODUCTS.map(([images, size, k, n]): Match => {
    const m = images * size ** 2;
    return {
      title: `gemm ${m} × ${k} × ${n}`,
      unit: "GFLOP/s",
      amount: (2 * m * k * n) / 1e9,
      haste: 0.25,
      ours: kernels.of({ cin: k, cout: n, size, kernel: 1, stride: 1 }, images, "forward"),
      peers: torch
        ? [
            () => torch.open({ kind: "gemm", m, n, k }, { ...on, by: "matmul" }),
            () => torch.open({ ...convolution, batch: images, cin: k, cout: n, size }, { ...on, by: "conv2d" }),
          ]
        : [],
    };
  });
};
