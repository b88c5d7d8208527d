import type { Benchmark } from "../data/benchmark.ts";
import { cifar10Benchmark } from "../data/cifar10.ts";
import { type ImageSet, pick } from "../data/imageSet.ts";
import { shapesBenchmarkById } from "../data/shapes/shapesBenchmark.ts";
import type { Store } from "../storage/store.ts";
import { WorkbenchError } from "../study/errors.ts";

const procedural = ["shapes", "shapes-ood-is-id", "shapes-shuffled-labels"];

const rendered = new Map<string, Benchmark>();

/** A procedural benchmark of this thread whose sets are rendered once; nobody may write into the images. */
function renderedOnce(benchmark: Benchmark): Benchmark {
  const known = rendered.get(benchmark.info.id);
  if (known !== undefined) return known;
  const sets = new Map<string, Promise<ImageSet>>();
  const load = (name: string): Promise<ImageSet> => {
    const set = sets.get(name) ?? benchmark.load(name);
    sets.set(name, set);
    set.catch(() => sets.delete(name));
    return set;
  };
  const once: Benchmark = {
    info: benchmark.info,
    load,
    loadSome: (name, indices) => benchmark.loadSome(name, indices),
  };
  rendered.set(benchmark.info.id, once);
  return once;
}

/** The benchmark called `id`: procedural, or assembled from what was imported into the store. */
export async function openBenchmark(id: string, store: Store): Promise<Benchmark> {
  const shapes = shapesBenchmarkById(id);
  if (shapes !== null) return renderedOnce(shapes);
  if (id === "cifar10") {
    const benchmark = await cifar10Benchmark(store);
    const needed = ["train", "id_val", "id_test"].filter(
      (name) => !benchmark.info.sets.some((set) => set.name === name),
    );
    if (needed.length > 0) {
      throw new WorkbenchError(
        "benchmark-incomplete",
        `CIFAR-10 cannot be used yet. ${benchmark.info.missing.join(" ")}`,
      );
    }
    return benchmark;
  }
  throw new WorkbenchError(
    "benchmark-unknown",
    `There is no benchmark "${id}". Known: ${[...procedural, "cifar10"].join(", ")}.`,
  );
}

/** Every benchmark, complete or not, for the data page. */
export async function listBenchmarks(store: Store): Promise<Benchmark["info"][]> {
  const shapes = procedural.map((id) => (shapesBenchmarkById(id) as Benchmark).info);
  return [...shapes, (await cifar10Benchmark(store)).info];
}

/** The train set that a recipe uses: all of it, or its first realCount images. */
export async function loadRealImages(benchmark: Benchmark, realCount: number | null): Promise<ImageSet> {
  const train = await benchmark.load("train");
  if (realCount === null || realCount === train.count) return train;
  if (realCount > train.count) {
    throw new WorkbenchError(
      "real-count",
      `The recipe asks for ${realCount} real images; ${benchmark.info.title} has ${train.count}. Lower realCount.`,
    );
  }
  return pick(
    train,
    Array.from({ length: realCount }, (_, i) => i),
  );
}

/** The first images of each class of a labelled set, in class order. */
export function firstPerClass(labels: Int32Array, classes: number, perClass: number): number[] {
  const members: number[][] = Array.from({ length: classes }, () => []);
  for (let i = 0; i < labels.length; i++) {
    const list = members[labels[i] as number];
    if (list && list.length < perClass) list.push(i);
  }
  return members.flat();
}
