import type { Activations, Detector, FitInput } from "../../src/detection/detector.ts";
import { knn } from "../../src/detection/knn.ts";
import { detectors } from "../../src/detection/registry.ts";
import { plainKernels } from "../../src/engine/dense/plain.ts";
import { Stream } from "../../src/random/stream.ts";
import type { Case } from "../case.ts";
import type { Match } from "../measure/contestant.ts";
import { javascript } from "../ours/javascript.ts";

const BANK = 10_000;
const DIM = 128;
const CLASSES = 10;
/** Images scored in one repetition: fewer for the detector that compares each of them with the whole bank. */
const QUERIES = { knn: 500, others: 10_000 };

/** Every detector: fitted once on 10,000 × 128 features, then images a second. KNN's peer is PyTorch's matmul + topk. */
export const scoreCase: Case = async ({ machine, torch, options }) => {
  const train = activations("train", BANK);
  const input: FitInput = {
    featureDim: DIM,
    classes: CLASSES,
    train,
    val: activations("val", 1000),
    head: { weight: normals("head", CLASSES * DIM), bias: new Float32Array(CLASSES) },
  };
  return detectors.map((detector): Match => {
    const isKnn = detector.name === knn.name;
    const count = isKnn ? QUERIES.knn : QUERIES.others;
    const work = { kind: "knn", bank: BANK, queries: count, dim: DIM, k: knn.presets.paper.K } as const;
    const [threads = 1] = options.threads;
    const on = { device: "cpu", threads, deviceName: machine.processor } as const;
    return {
      title: `score ${detector.name} ${BANK} × ${DIM}`,
      unit: "img/s",
      amount: count,
      ours: [() => scorer(detector, input, count, machine.processor)],
      peers: isKnn && torch ? [() => torch.open(work, on)] : [],
    };
  });
};

async function scorer(detector: Detector, input: FitInput, count: number, device: string) {
  const { score } = await detector.fit(input, detector.presets.paper, plainKernels);
  const queries = activations("queries", count);
  return javascript(device, async () => void (await score(queries)));
}

function activations(purpose: string, count: number): Activations {
  const labels = Int32Array.from({ length: count }, (_, i) => i % CLASSES);
  return {
    count,
    features: normals(`${purpose}/features`, count * DIM),
    logits: normals(`${purpose}/logits`, count * CLASSES),
    labels,
  };
}

function normals(purpose: string, length: number): Float32Array {
  const stream = new Stream(1, `bench/${purpose}`);
  return Float32Array.from({ length }, () => stream.normal());
}
