import type { Activations, Detector } from "../../src/detection/detector.ts";
import type { DenseKernels } from "../../src/engine/dense/kernels.ts";
import { openNodeDenseKernels } from "../../src/engine/dense/node/open.ts";
import type { Params } from "../../src/study/result.ts";
import type { Contestant } from "../measure/contestant.ts";
import type { Backend } from "../options.ts";
import type { DetectorData } from "./detectorData.ts";

/** Images scored in one call by detectors that read features, as the app does. */
const RUN = 4096;

/** The dense kernels by the name of a backend, never others in their place. @param root the checkout, with a slash */
export async function openKernels(backend: Backend, threads: number, root: URL): Promise<DenseKernels> {
  const request = { threads, reproducible: backend === "wasm-simd" };
  const kernels = await openNodeDenseKernels(request, new URL("src/engine/dense/build/", root));
  if (`wasm-${kernels.variant}` === backend) return kernels;
  kernels.dispose();
  throw new Error(`${backend}: this platform only has wasm-${kernels.variant}`);
}

/** A detector of ours: each repetition fits it and scores the first `count` test images. */
export function detectorContestant(
  detector: Detector,
  params: Params,
  data: DetectorData,
  count: number,
  kernels: DenseKernels,
  device: string,
): Contestant {
  return {
    name: `wasm-${kernels.variant}`,
    device,
    threads: kernels.threads,
    turn: async (times) => {
      const start = performance.now();
      for (let i = 0; i < times; i++) await fitAndScore(detector, params, data, count, kernels);
      return (performance.now() - start) / 1000;
    },
    close: async () => kernels.dispose(),
  };
}

/** Confidences of the first `count` test images. */
export async function fitAndScore(
  detector: Detector,
  params: Params,
  { input, test }: DetectorData,
  count: number,
  kernels: DenseKernels,
): Promise<Float32Array> {
  const fitted = await detector.fit(input, params, kernels);
  const scores = new Float32Array(count);
  const step = detector.readsFeatures ? RUN : count;
  for (let first = 0; first < count; first += step) {
    scores.set(await fitted.score(part(test, first, Math.min(first + step, count))), first);
  }
  fitted.dispose?.();
  return scores;
}

function part({ count, features, logits, labels }: Activations, first: number, end: number): Activations {
  const cut = (values: Float32Array) => values.subarray((values.length / count) * first, (values.length / count) * end);
  return {
    count: end - first,
    features: cut(features),
    logits: cut(logits),
    labels: labels.subarray(first, end),
  };
}
