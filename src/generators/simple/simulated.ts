import { IMAGE_BYTES, SIDE } from "../../data/shapes/canvas.ts";
import { type Figure, ID_FIGURES } from "../../data/shapes/figures.ts";
import { RENDERER_VERSION, renderInto } from "../../data/shapes/render.ts";
import { REAL_KNOBS, type SceneKnobs, type ShapeLatents, sampleShape } from "../../data/shapes/shapeLatents.ts";
import type { Generator, GeneratorFamily, GeneratorInfo } from "../generator.ts";

/**
 * A generator of Shapes whose quality is a knob: the renderer itself, with systematic error.
 *
 * Random error (blur, wrong labels) averages out in training, so such a generator would only be more real
 * data. Here every image of a class errs the same way: its outline leans towards one other class, its hue
 * gives the class away more often than in real images, its poses stay near the middle.
 */

/** What one level does; level 0 would be the real distribution. */
export interface SimulatedLevel {
  readonly morph: number;
  readonly hueShortcut: number;
  readonly poseRange: number;
}

/** Levels 1 (mild) … 7 (strong). Calibrated on accuracy alone: docs/decisions/shapes-calibration.md. */
export const SIMULATED_LEVELS: readonly SimulatedLevel[] = [
  { morph: 0.1, hueShortcut: 0.64, poseRange: 0.9 },
  { morph: 0.18, hueShortcut: 0.68, poseRange: 0.8 },
  { morph: 0.26, hueShortcut: 0.72, poseRange: 0.7 },
  { morph: 0.34, hueShortcut: 0.77, poseRange: 0.6 },
  { morph: 0.42, hueShortcut: 0.82, poseRange: 0.5 },
  { morph: 0.5, hueShortcut: 0.86, poseRange: 0.4 },
  { morph: 0.58, hueShortcut: 0.9, poseRange: 0.3 },
];

/** The class each class leans towards; no two lean towards each other, which past one half would swap them. */
const CONFUSERS: Readonly<Record<(typeof ID_FIGURES)[number], Figure>> = {
  disc: "hexagon",
  square: "cross",
  triangle: "letter-t",
  star: "triangle",
  cross: "star",
  ring: "crescent",
  crescent: "disc",
  hexagon: "square",
  "letter-l": "crescent",
  "letter-t": "letter-l",
};

/** Coverages that are listed; any other between 0 and 1 may be asked for by id. */
const LISTED_COVERAGES = [0.5, 0.2];
const LISTED_COVERAGE_LEVEL = 3;

/** Benchmarks whose classes the renderer draws with their true labels. */
const BENCHMARKS = ["shapes", "shapes-ood-is-id"];

export const simulated: GeneratorFamily = {
  async list(benchmark) {
    if (!BENCHMARKS.includes(benchmark.id)) return [];
    return [
      ...SIMULATED_LEVELS.map((_, k) => describe(k + 1, 1)),
      ...LISTED_COVERAGES.map((coverage) => describe(LISTED_COVERAGE_LEVEL, coverage)),
    ];
  },

  async create(id, benchmark) {
    const parsed = parseId(id);
    if (parsed === null || !BENCHMARKS.includes(benchmark.info.id)) return null;
    const { level, coverage } = parsed;
    const knobs = knobsOf(level, coverage);
    return makeGenerator(describe(level, coverage), knobs);
  },
};

/** The knobs of a level, 1 … 7, and a coverage in (0, 1]. */
export function knobsOf(level: number, coverage: number): SceneKnobs {
  const errors = SIMULATED_LEVELS[level - 1];
  if (errors === undefined) throw new RangeError(`The simulated generator has levels 1 … 7, not ${level}.`);
  return { ...errors, coverage };
}

/**
 * Latents of image `index` of seed `seed` under `knobs`. The scene is the same under any knobs:
 * {@link REAL_KNOBS} give the image as it would be without the generator's error.
 */
export function simulatedLatents(knobs: SceneKnobs, seed: number, index: number): ShapeLatents {
  const label = index % ID_FIGURES.length;
  const figure = ID_FIGURES[label] as (typeof ID_FIGURES)[number];
  const request = { figure, confuser: CONFUSERS[figure], hueClass: label, seed, purpose: "simulated", index };
  return sampleShape(request, knobs);
}

function makeGenerator(info: GeneratorInfo, knobs: SceneKnobs): Generator {
  const { morph, hueShortcut, poseRange, coverage } = knobs;
  return {
    info,
    fingerprint: `${info.id}-r${RENDERER_VERSION}-m${morph}-h${hueShortcut}-p${poseRange}-c${coverage}`,
    async sample(seed, first, count) {
      const images = new Uint8Array(count * IMAGE_BYTES);
      const labels = new Int32Array(count);
      for (let k = 0; k < count; k++) {
        renderInto(simulatedLatents(knobs, seed, first + k), images, k * IMAGE_BYTES);
        labels[k] = (first + k) % ID_FIGURES.length;
      }
      return { count, height: SIDE, width: SIDE, images, labels };
    },
  };
}

/** "simulated-3" or "simulated-3-c0.5"; the coverage in its shortest decimal form, so that an id is unique. */
function parseId(id: string): { level: number; coverage: number } | null {
  const match = /^simulated-([1-7])(?:-c(0\.\d+))?$/.exec(id);
  if (match === null) return null;
  const level = Number(match[1]);
  if (match[2] === undefined) return { level, coverage: 1 };
  const coverage = Number(match[2]);
  return coverage > 0 && String(coverage) === match[2] ? { level, coverage } : null;
}

function describe(level: number, coverage: number): GeneratorInfo {
  const { morph, hueShortcut, poseRange } = knobsOf(level, coverage);
  const percent = (share: number) => `${Math.round(share * 100)} %`;
  const errors =
    `the outline leans ${percent(morph)} towards another class, the hue is the class's own in ` +
    `${percent(hueShortcut)} of images (real: ${percent(REAL_KNOBS.hueShortcut)}), poses fill the middle ${percent(poseRange)} of their range`;
  const gap = coverage === 1 ? "" : `, and only ${percent(coverage)} of the latent space ever occurs`;
  return {
    id: coverage === 1 ? `simulated-${level}` : `simulated-${level}-c${coverage}`,
    title: coverage === 1 ? `Simulated, level ${level} of 7` : `Simulated, level ${level} of 7, coverage ${coverage}`,
    kind: "controlled",
    provenance: "knows-the-renderer",
    note: `The benchmark's renderer with systematic error: ${errors}${gap}.`,
  };
}
