import type { Benchmark } from "../../data/benchmark.ts";
import { type ImageSet, imageBytes } from "../../data/imageSet.ts";
import { Stream } from "../../random/stream.ts";
import type { Generator, GeneratorFamily, GeneratorInfo } from "../generator.ts";
import { byClass } from "./byClass.ts";

/** How many nearest images of the class a partner is drawn from. */
const NEIGHBOURS = 5;
/** Neighbours are sought on images averaged down to this many cells per side. */
const CELLS = 8;

const INFO: GeneratorInfo = {
  id: "interpolation",
  title: "Neighbour interpolation",
  kind: "learned",
  provenance: "same-real-set",
  note:
    `Mixes a real train image with one of its ${NEIGHBOURS} nearest images of the same class, at a random fraction. ` +
    "Stays close to the real set, shows both images at once, and invents nothing between distant ones.",
};

/** Within-class interpolation between pixel neighbours: SMOTE (Chawla et al. 2002) on images. */
export const interpolation: GeneratorFamily = {
  list: async () => [INFO],

  async create(id, benchmark) {
    return id === INFO.id ? fitTo(benchmark) : null;
  },
};

async function fitTo(benchmark: Benchmark): Promise<Generator> {
  const train = await benchmark.load("train");
  const classes = byClass(train, benchmark.info.classNames, 2);
  const size = imageBytes(train);
  const thumbnails = averagedDown(train);
  const found = new Map<number, Uint32Array>();

  function neighboursOf(image: number, members: Uint32Array): Uint32Array {
    const known = found.get(image);
    if (known !== undefined) return known;
    const neighbours = nearest(thumbnails, image, members);
    found.set(image, neighbours);
    return neighbours;
  }

  return {
    info: INFO,
    fingerprint: `${INFO.id}-v1-${benchmark.info.fingerprint}`,
    async sample(seed, first, count) {
      const images = new Uint8Array(count * size);
      const labels = new Int32Array(count);
      for (let k = 0; k < count; k++) {
        const index = first + k;
        const label = index % classes.length;
        const members = classes[label] as Uint32Array;
        const stream = new Stream(seed, INFO.id, index);
        const image = members[stream.int(members.length)] as number;
        const neighbours = neighboursOf(image, members);
        const partner = neighbours[stream.int(neighbours.length)] as number;
        const fraction = stream.uniform();
        for (let p = 0; p < size; p++) {
          const from = train.images[image * size + p] as number;
          const to = train.images[partner * size + p] as number;
          images[k * size + p] = Math.floor(from + fraction * (to - from) + 0.5);
        }
        labels[k] = label;
      }
      return { count, height: train.height, width: train.width, images, labels };
    },
  };
}

interface Thumbnails {
  /** cell sums, [count][length]; integers, so that distances are exact */
  readonly values: Float64Array;
  readonly length: number;
}

function averagedDown({ count, height, width, images }: ImageSet): Thumbnails {
  const length = CELLS * CELLS * 3;
  const values = new Float64Array(count * length);
  for (let i = 0, p = 0; i < count; i++) {
    for (let y = 0; y < height; y++) {
      const row = Math.floor((y * CELLS) / height);
      for (let x = 0; x < width; x++) {
        const cell = i * length + 3 * (row * CELLS + Math.floor((x * CELLS) / width));
        for (let c = 0; c < 3; c++, p++) values[cell + c] = (values[cell + c] as number) + (images[p] as number);
      }
    }
  }
  return { values, length };
}

/** The nearest other members, nearest first; ties go to the lower index. */
function nearest({ values, length }: Thumbnails, image: number, members: Uint32Array): Uint32Array {
  const distances = new Map<number, number>();
  for (const other of members) {
    if (other === image) continue;
    let squared = 0;
    for (let c = 0; c < length; c++) {
      const difference = (values[image * length + c] as number) - (values[other * length + c] as number);
      squared += difference * difference;
    }
    distances.set(other, squared);
  }
  const sorted = [...distances].sort(([a, da], [b, db]) => da - db || a - b);
  return Uint32Array.from(sorted.slice(0, NEIGHBOURS), ([other]) => other);
}
