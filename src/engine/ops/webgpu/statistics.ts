import type { Tensor } from "@tensorflow/tfjs-core";
import type { Activation } from "../imageOps.ts";
import { activated, activationFunction, activationNumbers, activationUniforms, linear } from "./activation.ts";
import type { Run } from "./runner.ts";
import type { GpuValue } from "./value.ts";

const THREADS = 64;

/** What is averaged over: `parts` runs of pixels, one after another, and `groups` of neighbouring channels. */
interface Division {
  readonly parts: number;
  readonly groups: number;
}

/**
 * Mean of each part and group, then (unless only means are asked for) their biased variances: [means…, variances…],
 * each [parts, groups]. Two passes: the variance sums squared deviations from the mean that was found.
 */
function moments(run: Run, x: GpuValue, { parts, groups }: Division, meansOnly: boolean): Tensor {
  const [n, c, h, w] = x.shape;
  const outputs = parts * groups;
  return run(
    {
      name: "moments",
      variant: meansOnly ? "means" : "",
      inputs: ["x"],
      uniforms: { pixels: "i32", channels: "i32", groups: "i32" },
      workgroup: THREADS,
      functions: `
        var<workgroup> sums : array<f32, ${THREADS}>;
        fn total(lane : i32, part : f32) -> f32 {
          sums[lane] = part;
          workgroupBarrier();
          for (var reach = ${THREADS / 2}; reach > 0; reach = reach / 2) {
            if (lane < reach) { sums[lane] += sums[lane + reach]; }
            workgroupBarrier();
          }
          let sum = sums[0];
          workgroupBarrier();
          return sum;
        }`,
      code: `
        let own = uniforms.channels / uniforms.groups;
        let count = uniforms.pixels * own;
        let start = index / uniforms.groups * uniforms.pixels * uniforms.channels + index % uniforms.groups * own;
        var part = 0.0;
        for (var i = lane; i < count; i += ${THREADS}) {
          part += x[start + i / own * uniforms.channels + i % own];
        }
        let mean = total(lane, part) / f32(count);
        ${
          meansOnly
            ? ""
            : `part = 0.0;
        for (var i = lane; i < count; i += ${THREADS}) {
          let deviation = x[start + i / own * uniforms.channels + i % own] - mean;
          part += deviation * deviation;
        }
        let variance = total(lane, part) / f32(count);`
        }
        if (lane == 0 && index < uniforms.count) {
          result[index] = mean;
          ${meansOnly ? "" : "result[uniforms.count + index] = variance;"}
        }`,
    },
    [x.tensor],
    { pixels: (n * h * w) / parts, channels: c, groups },
    outputs * (meansOnly ? 1 : 2),
    outputs,
  );
}

export function globalAverage(run: Run, x: GpuValue): Tensor {
  return moments(run, x, { parts: x.shape[0], groups: x.shape[1] }, true);
}

/** Means of the channels over n, h, w, then their variances: [2 · c]. */
export function channelMoments(run: Run, x: GpuValue): Tensor {
  return moments(run, x, { parts: 1, groups: x.shape[1] }, false);
}

export function groupNorm(
  run: Run,
  x: GpuValue,
  groups: number,
  gamma: GpuValue,
  beta: GpuValue,
  eps: number,
  activation: Activation = linear,
): Tensor {
  const [n, c, h, w] = x.shape;
  const statistics = moments(run, x, { parts: n, groups }, false);
  return run(
    {
      name: "groupNorm",
      variant: activation.kind,
      inputs: ["x", "statistics", "gamma", "beta"],
      uniforms: { channels: "i32", pixels: "i32", groups: "i32", images: "i32", eps: "f32", ...activationUniforms },
      functions: activationFunction(activation.kind),
      code: `
        let channel = index % uniforms.channels;
        let group = channel / (uniforms.channels / uniforms.groups);
        let place = index / (uniforms.channels * uniforms.pixels) * uniforms.groups + group;
        let mean = statistics[place];
        let variance = statistics[uniforms.images * uniforms.groups + place];
        let normal = (x[index] - mean) * inverseSqrt(variance + uniforms.eps);
        result[index] = ${activated("normal * gamma[channel] + beta[channel]")};`,
    },
    [x.tensor, statistics, gamma.tensor, beta.tensor],
    { channels: c, pixels: h * w, groups, images: n, eps, ...activationNumbers(activation) },
    x.tensor.size,
  );
}
