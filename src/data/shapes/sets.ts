import { Stream } from "../../random/stream.ts";
import type { Group, Role } from "../benchmark.ts";
import { sampleMosaic, sampleScribble } from "./far/drawings.ts";
import { sampleDigits, sampleGlyph } from "./far/glyphs.ts";
import { sampleScene, sampleTextureImage } from "./far/surfaces.ts";
import { type Figure, ID_FIGURES, NEAR_TEST_FIGURES, NEAR_VAL_FIGURES } from "./figures.ts";
import type { Latents } from "./latents.ts";
import { REAL_KNOBS, sampleShape } from "./shapeLatents.ts";

/** All streams of the benchmark come from this one seed; the sets differ by purpose. */
const BENCHMARK_SEED = 1;

/** Image `index` of an endless sequence: its latents and its class (−1: none of the ID classes). */
export interface Drawn {
  readonly latents: Latents;
  readonly label: number;
}

export interface SetDefinition {
  readonly title: string;
  readonly group: Group;
  readonly role: Role;
  /** images unless the caller asks for another number */
  readonly count: number;
  readonly note: string;
  /** Image `index` depends on the set and the index alone, whatever the count. */
  draw(index: number): Drawn;
}

export const SHAPES_SETS = {
  train: {
    title: "Train",
    group: "id",
    role: "train",
    count: 1000,
    note: `Ten figures; the hue is the class's own with probability ${REAL_KNOBS.hueShortcut}. Rendered, lossless.`,
    draw: idDraw("train", REAL_KNOBS.hueShortcut),
  },
  id_val: {
    title: "ID validation",
    group: "id",
    role: "val",
    count: 500,
    note: "As train, other draws; the place for choosing anything by accuracy.",
    draw: idDraw("id_val", REAL_KNOBS.hueShortcut),
  },
  id_test: {
    title: "ID test",
    group: "id",
    role: "test",
    count: 2000,
    note: "As train, other draws.",
    draw: idDraw("id_test", REAL_KNOBS.hueShortcut),
  },
  id_test_shuffled_hues: {
    title: "ID test, shuffled hues",
    group: "id",
    role: "diagnostic",
    count: 2000,
    note: "The scenes of the ID test set with hues that say nothing of the class: what is lost here, hue had given.",
    draw: idDraw("id_test", 0),
  },
  near_unseen: {
    title: "Unseen figures",
    group: "near",
    role: "test",
    count: 2000,
    note: "Eight figures that are no class, by the same renderer, with hues drawn from the ID classes.",
    draw: nearDraw("near_unseen", NEAR_TEST_FIGURES),
  },
  near_val: {
    title: "Unseen figures, validation",
    group: "near",
    role: "val",
    count: 500,
    note: "Four other figures that are no class and not in the test set.",
    draw: nearDraw("near_val", NEAR_VAL_FIGURES),
  },
  far_glyphs: {
    title: "White glyphs",
    group: "far",
    role: "test",
    count: 1000,
    note: "One white digit on black, as MNIST. Rendered, lossless, no noise.",
    draw: farDraw("far_glyphs", sampleGlyph),
  },
  far_digits: {
    title: "Coloured digits",
    group: "far",
    role: "test",
    count: 1000,
    note: "A row of coloured digits on a coloured ground, as SVHN. Rendered, lossless.",
    draw: farDraw("far_digits", sampleDigits),
  },
  far_textures: {
    title: "Textures",
    group: "far",
    role: "test",
    count: 1000,
    note: "Stripes, checks and clouds over the whole image, no object. Rendered, lossless.",
    draw: farDraw("far_textures", sampleTextureImage),
  },
  far_scenes: {
    title: "Scenes",
    group: "far",
    role: "test",
    count: 1000,
    note: "Coloured noise at four scales under a wavy horizon. Rendered, lossless.",
    draw: farDraw("far_scenes", sampleScene),
  },
  far_val: {
    title: "Scribbles, validation",
    group: "far",
    role: "val",
    count: 500,
    note: "Coloured zigzag strokes: a fifth far kind, so that nothing is chosen on the test kinds.",
    draw: farDraw("far_val", sampleScribble),
  },
} as const satisfies Record<string, SetDefinition>;

export type ShapesSetName = keyof typeof SHAPES_SETS;

/** Outliers for training methods that want some: mosaics, a sixth kind, in no set of the benchmark. */
export const drawOutlier = farDraw("outliers", sampleMosaic);

/** Balanced and shuffled: every ten images in a row hold each class once, in an order of their own. */
export function idDraw(purpose: string, hueShortcut: number): (index: number) => Drawn {
  return (index) => {
    const label = shuffledClass(purpose, index, ID_FIGURES.length);
    const latents = sampleShape(
      {
        figure: ID_FIGURES[label] as Figure,
        confuser: null,
        hueClass: label,
        seed: BENCHMARK_SEED,
        purpose: `shapes/${purpose}`,
        index,
      },
      { ...REAL_KNOBS, hueShortcut },
    );
    return { latents, label };
  };
}

function nearDraw(purpose: string, figures: readonly Figure[]): (index: number) => Drawn {
  return (index) => {
    const figure = figures[shuffledClass(purpose, index, figures.length)] as Figure;
    const hueClass = new Stream(BENCHMARK_SEED, `shapes/${purpose}/hue class`, index).int(ID_FIGURES.length);
    const request = { figure, confuser: null, hueClass, seed: BENCHMARK_SEED, purpose: `shapes/${purpose}`, index };
    return { latents: sampleShape(request, REAL_KNOBS), label: -1 };
  };
}

function farDraw(purpose: string, sample: (stream: Stream) => Latents): (index: number) => Drawn {
  return (index) => ({ latents: sample(new Stream(BENCHMARK_SEED, `shapes/${purpose}`, index)), label: -1 });
}

function shuffledClass(purpose: string, index: number, classes: number): number {
  const block = Math.floor(index / classes);
  const order = new Stream(BENCHMARK_SEED, `shapes/${purpose}/labels`, block).permutation(classes);
  return order[index % classes] as number;
}
