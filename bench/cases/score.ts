import type { Detector } from "../../src/detection/detector.ts";
import { detectorByName, detectors } from "../../src/detection/registry.ts";
import type { Case } from "../case.ts";
import type { Match } from "../measure/contestant.ts";
import { isWasm } from "../options.ts";
import { detectorContestant, fitAndScore, openKernels } from "../ours/detectorContestant.ts";
import { detectorData, writeDetectorData } from "../ours/detectorData.ts";

const DIM = 512;
const CLASSES = 10;
/** KNN compares each image with the whole bank: as many as tell its speed. */
const KNN_QUERIES = 2000;
/** Images of a split that is scored anew after a change of a hyper-parameter. */
const RESCORED = 10_000;

/**
 * Every detector that needs no network, at the size of the paper: fitted on 50,000 × 512 features (or 1,000 of
 * validation) and 60,000 images scored, both in one time; then the same with 10,000 images. The peer is PyTorch on the
 * same features, and must come to the same confidences.
 */
export const scoreCase: Case = async ({ backends, machine, torch, options, root }) => {
  const chosen = (options.detectors?.map(detectorByName) ?? detectors).filter(({ perturb }) => perturb === undefined);
  const [threads = 1] = options.threads;
  const first = backends.find(isWasm);
  if (first === undefined) return [];
  const maker = await openKernels(first, threads, root);
  const data = await detectorData(options.rows, DIM, CLASSES, maker);
  const folder = torch ? writeDetectorData(data) : "";
  const match = async (detector: Detector, count: number, title: string): Promise<Match> => {
    const params = detector.presets.paper;
    const device = machine.processor;
    const work = { kind: "score", detector: detector.name, params, folder, dim: DIM, classes: CLASSES, count } as const;
    const sample = await fitAndScore(detector, params, data, 100, maker);
    return {
      title,
      unit: "img/s",
      amount: count,
      ours: backends.filter(isWasm).map((backend) => async () => {
        const kernels = await openKernels(backend, threads, root);
        return detectorContestant(detector, params, data, count, kernels, device);
      }),
      peers: torch ? [() => torch.open(work, { device: "cpu", threads, deviceName: device, sample })] : [],
    };
  };
  const matches: Match[] = [];
  for (const detector of chosen) {
    const { name } = detector;
    const whole = name === "knn" ? Math.min(KNN_QUERIES, data.test.count) : data.test.count;
    matches.push(await match(detector, whole, `score ${name}: fit on ${options.rows} × ${DIM}, ${whole} images`));
    const again = Math.min(RESCORED, data.test.count);
    if (name !== "knn") matches.push(await match(detector, again, `score ${name}: fit, ${again} images`));
  }
  maker.dispose();
  return matches;
};
