import type { Benchmark, Group, Role } from "../../data/benchmark.ts";
import { type ImageSet, pick } from "../../data/imageSet.ts";
import type { Network } from "../../engine/network.ts";
import { Stream } from "../../random/stream.ts";

const SIDE = 8;
export const CLASSES = 3;

/** Red, green or blue squares with noise: class = brightest channel. OOD: grey of the given level. */
function madeSet(seed: number, count: number, grey: number | null): ImageSet {
  const stream = new Stream(seed, "test-images");
  const images = new Uint8Array(count * SIDE * SIDE * 3);
  const labels = new Int32Array(count);
  for (let i = 0; i < count; i++) {
    labels[i] = grey === null ? i % CLASSES : -1;
    for (let p = 0; p < SIDE * SIDE; p++) {
      for (let c = 0; c < 3; c++) {
        const level = grey ?? (c === i % CLASSES ? 200 : 40);
        images[(i * SIDE * SIDE + p) * 3 + c] = level + stream.int(40);
      }
    }
  }
  return { count, height: SIDE, width: SIDE, images, labels };
}

export const contents: Record<string, { group: Group; role: Role; set: ImageSet }> = {
  train: { group: "id", role: "train", set: madeSet(1, 600, null) },
  id_val: { group: "id", role: "val", set: madeSet(2, 90, null) },
  id_test: { group: "id", role: "test", set: madeSet(3, 300, null) },
  id_hue: { group: "id", role: "diagnostic", set: madeSet(4, 30, null) },
  near_val: { group: "near", role: "val", set: madeSet(5, 60, 120) },
  near_a: { group: "near", role: "test", set: madeSet(6, 80, 120) },
  near_b: { group: "near", role: "test", set: madeSet(7, 60, 150) },
  far: { group: "far", role: "test", set: madeSet(8, 50, 10) },
};

export const squares: Benchmark = {
  info: {
    id: "squares",
    title: "Squares",
    classNames: ["red", "green", "blue"],
    height: SIDE,
    width: SIDE,
    mean: [0, 0, 0],
    std: [1, 1, 1],
    sets: Object.entries(contents).map(([name, { group, role, set }]) => ({
      name,
      title: name,
      group,
      role,
      count: set.count,
      note: "",
    })),
    missing: [],
    fingerprint: "test",
  },
  load: async (name) => contents[name]?.set ?? Promise.reject(new Error(`no set ${name}`)),
  loadSome: async (name, indices) => pick((contents[name] as { set: ImageSet }).set, indices),
};

/**
 * Mean of each channel as feature, an identity head times 0.05: a network without a backend.
 *
 * @param slices takes the number of images of each call
 */
export function channelMeans(slices: number[] = []): Network {
  const unused = () => Promise.reject(new Error("not part of an evaluation"));
  return {
    spec: { architecture: "resnet18", width: 8, classes: CLASSES, imageSize: SIDE },
    featureDim: 3,
    backend: { name: "cpu", threads: 1, adapter: "", software: false, reason: "test" },
    stepsInFlight: 1,
    trainStep: unused,
    forwardNormalised: unused,
    inputGradient: unused,
    importState: unused,
    async forward(images, count) {
      slices.push(count);
      const features = new Float32Array(count * 3);
      for (let i = 0; i < images.length; i++) {
        const at = Math.floor(i / (SIDE * SIDE * 3)) * 3 + (i % 3);
        features[at] = (features[at] as number) + (images[i] as number) / (SIDE * SIDE);
      }
      return { features, logits: features.map((value) => value * 0.05) };
    },
    async exportState() {
      const weight = Float32Array.of(0.05, 0, 0, 0, 0.05, 0, 0, 0, 0.05);
      return new Map([
        ["fc.weight", { shape: [3, 3], data: weight }],
        ["fc.bias", { shape: [3], data: new Float32Array(3) }],
      ]);
    },
    dispose() {},
  };
}
