import { fnv1a32, Stream } from "../../random/stream.ts";
import type { Benchmark, SetInfo } from "../benchmark.ts";
import type { ImageSet } from "../imageSet.ts";
import { IMAGE_BYTES, SIDE } from "./canvas.ts";
import { ID_FIGURES } from "./figures.ts";
import type { Latents } from "./latents.ts";
import { RENDERER_VERSION, renderInto } from "./render.ts";
import { type Drawn, drawOutlier, idDraw, type SetDefinition, SHAPES_SETS, type ShapesSetName } from "./sets.ts";
import { HUE_SHORTCUT } from "./shapeLatents.ts";

/** Images per set where another number than the usual one is wanted; each at least 1. */
export type ShapesOptions = Partial<Readonly<Record<ShapesSetName, number>>>;

const CLASS_NAMES: readonly string[] = ID_FIGURES.map((figure) => figure.replace("letter-", "letter "));

/**
 * Channel mean and standard deviation of the first 10,000 images of the train sequence, over all pixels.
 * Constants, so that a smaller train set is normalised alike; sets.test.ts measures them again.
 */
const MEAN = [0.4117, 0.4164, 0.4074] as const;
const STD = [0.2403, 0.2486, 0.235] as const;

/**
 * The embedded benchmark: 32 × 32 RGB figures, rendered on request, the same bytes in every engine.
 * @throws RangeError when a count is not a positive integer
 */
export function shapesBenchmark(options: ShapesOptions = {}): Benchmark {
  return assemble("shapes", "Shapes", SHAPES_SETS, options);
}

/** The benchmark called "shapes", "shapes-ood-is-id" or "shapes-shuffled-labels"; null for any other id. */
export function shapesBenchmarkById(id: string, options: ShapesOptions = {}): Benchmark | null {
  switch (id) {
    case "shapes":
      return shapesBenchmark(options);
    case "shapes-ood-is-id":
      return assemble(id, "Shapes, control: OOD is ID", oodIsId(), options);
    case "shapes-shuffled-labels":
      return withShuffledTrainLabels(assemble(id, "Shapes, control: shuffled labels", SHAPES_SETS, options));
    default:
      return null;
  }
}

/** The latents of image `index` of a set, without rendering it. */
export function latentsOf(set: ShapesSetName, index: number): Latents {
  return SHAPES_SETS[set].draw(index).latents;
}

/** The first `count` outliers (mosaics; label −1), for training methods that take some. */
export function shapesOutliers(count: number): ImageSet {
  return renderAll(range(count), drawOutlier);
}

type Definitions = Readonly<Record<ShapesSetName, SetDefinition>>;

function assemble(id: string, title: string, definitions: Definitions, options: ShapesOptions): Benchmark {
  const names = Object.keys(definitions) as ShapesSetName[];
  const sets: SetInfo[] = names.map((name) => {
    const { title, group, role, count, note } = definitions[name];
    return { name, title, group, role, note, count: checkedCount(name, options[name] ?? count) };
  });
  const counts = sets.map(({ name, count }) => `${name}=${count}`).join(",");

  function find(name: string): { info: SetInfo; definition: SetDefinition } {
    const info = sets.find((set) => set.name === name);
    if (info === undefined) {
      throw new RangeError(`${id} has no set "${name}"; it has ${sets.map((set) => set.name).join(", ")}.`);
    }
    return { info, definition: definitions[info.name as ShapesSetName] };
  }

  return {
    info: {
      id,
      title,
      classNames: CLASS_NAMES,
      height: SIDE,
      width: SIDE,
      mean: MEAN,
      std: STD,
      sets,
      missing: [],
      fingerprint: `${id}-r${RENDERER_VERSION}-${fnv1a32(counts).toString(16).padStart(8, "0")}`,
    },
    async load(name) {
      const { info, definition } = find(name);
      return renderAll(range(info.count), definition.draw);
    },
    async loadSome(name, indices) {
      const { info, definition } = find(name);
      const outside = indices.find((index) => !(Number.isInteger(index) && index >= 0 && index < info.count));
      if (outside !== undefined) {
        throw new RangeError(`Set "${name}" has images 0 … ${info.count - 1}, not ${outside}.`);
      }
      return renderAll(indices, definition.draw);
    },
  };
}

function checkedCount(name: string, count: number): number {
  if (Number.isInteger(count) && count >= 1) return count;
  throw new RangeError(`Set "${name}" cannot have ${count} images: ask for a whole number from 1.`);
}

function range(count: number): number[] {
  return Array.from({ length: count }, (_, i) => i);
}

function renderAll(indices: readonly number[], draw: (index: number) => Drawn): ImageSet {
  const images = new Uint8Array(indices.length * IMAGE_BYTES);
  const labels = new Int32Array(indices.length);
  indices.forEach((index, k) => {
    const { latents, label } = draw(index);
    renderInto(latents, images, k * IMAGE_BYTES);
    labels[k] = label;
  });
  return { count: indices.length, height: SIDE, width: SIDE, images, labels };
}

/** Control: every OOD test set is a second draw of the ID distribution, so that no detector can beat 50 %. */
function oodIsId(): Definitions {
  const entries = Object.entries(SHAPES_SETS).map(([name, definition]: [string, SetDefinition]) => {
    if (definition.group === "id" || definition.role !== "test") return [name, definition];
    const draw = idDraw(`second id/${name}`, HUE_SHORTCUT);
    const control: SetDefinition = {
      ...definition,
      note: "Control: a second draw of the ID distribution in the place of this set.",
      draw: (index) => ({ ...draw(index), label: -1 }),
    };
    return [name, control];
  });
  return Object.fromEntries(entries) as Definitions;
}

/** Control: the train labels permuted among the train images, so that nothing can be learned from them. */
function withShuffledTrainLabels(benchmark: Benchmark): Benchmark {
  const count = benchmark.info.sets.find(({ name }) => name === "train")?.count ?? 0;
  const order = new Stream(1, "shapes/shuffled labels").permutation(count);
  const relabel = async (set: ImageSet, indices: readonly number[]): Promise<ImageSet> => {
    const donors = indices.map((index) => order[index] as number);
    return { ...set, labels: Int32Array.from(donors, (donor) => SHAPES_SETS.train.draw(donor).label) };
  };
  return {
    info: benchmark.info,
    async load(name) {
      const set = await benchmark.load(name);
      return name === "train" ? relabel(set, range(count)) : set;
    },
    async loadSome(name, indices) {
      const set = await benchmark.loadSome(name, indices);
      return name === "train" ? relabel(set, indices) : set;
    },
  };
}
