import { exactExp } from "../../random/exactMath.ts";
import { Stream } from "../../random/stream.ts";
import type { Noise } from "./canvas.ts";
import { hsvToRgb, luminance, type Rgb, sampleRgb, scaled } from "./colour.ts";
import { type Figure, ID_FIGURES } from "./figures.ts";
import { sampleNoise } from "./noise.ts";
import { sampleTexture, type Texture } from "./texture.ts";

/** The foreground hue is the class's own hue with this probability: a shortcut, put there to be measured. */
export const HUE_SHORTCUT = 0.6;
/** Least luminance difference between figure (after its opacity) and background, before textures. */
export const LUMINANCE_GAP = 0.22;

export interface Pose {
  /** half size of the figure in canvas units (the canvas is 2 wide) */
  readonly scale: number;
  readonly x: number;
  readonly y: number;
  /** radians */
  readonly rotation: number;
  /** stretch of width over height, as e^±0.15 on each */
  readonly aspect: number;
  readonly shear: number;
}

/** A small disc or square anywhere on the canvas, behind the figure. */
export interface Distractor {
  readonly round: boolean;
  readonly x: number;
  readonly y: number;
  readonly radius: number;
  readonly colour: Rgb;
}

/** A bar across the whole canvas, in front of the figure. */
export interface Occluder {
  readonly angle: number;
  readonly offset: number;
  readonly halfWidth: number;
  readonly colour: Rgb;
}

/** Everything that makes one image of one figure: painting it needs nothing else. */
export interface ShapeLatents {
  readonly kind: "shape";
  readonly figure: Figure;
  /** The outline is drawn this far, 0 … 1, on the way from `figure` to `morphInto`. */
  readonly morph: number;
  readonly morphInto: Figure | null;
  readonly pose: Pose;
  /** Class whose own hue the figure has by the shortcut; null where the hue is random. */
  readonly hueOfClass: number | null;
  /** in [0, 1) */
  readonly hue: number;
  readonly foreground: Rgb;
  readonly opacity: number;
  readonly background: Rgb;
  readonly cloudSeed: number;
  readonly foregroundTexture: { readonly texture: Texture; readonly contrast: number } | null;
  readonly backgroundTexture: { readonly texture: Texture; readonly contrast: Rgb } | null;
  readonly distractor: Distractor | null;
  readonly occluder: Occluder | null;
  readonly noise: Noise;
}

/** How a distribution of shape images departs from the benchmark's own ({@link REAL_KNOBS}). */
export interface SceneKnobs {
  /** probability of the class's own hue */
  readonly hueShortcut: number;
  /** 0 … 1: outline drawn this far towards the class's confuser */
  readonly morph: number;
  /** (0, 1]: pose latents confined to this middle part of their ranges */
  readonly poseRange: number;
  /** (0, 1]: share of the box of (scale, rotation, shift, background hue) that is covered; the rest never occurs */
  readonly coverage: number;
}

export const REAL_KNOBS: SceneKnobs = { hueShortcut: HUE_SHORTCUT, morph: 0, poseRange: 1, coverage: 1 };

/** What is to be drawn, and which random numbers draw it. */
export interface SceneRequest {
  readonly figure: Figure;
  /** figure the outline morphs into when knobs.morph > 0 */
  readonly confuser: Figure | null;
  /** class whose hue the shortcut uses */
  readonly hueClass: number;
  readonly seed: number;
  readonly purpose: string;
  readonly index: number;
}

/**
 * The latents of one shape image.
 *
 * The random numbers do not depend on the knobs: the same request under other knobs is the same scene with
 * the knobs' error, so that two distributions can be compared image by image.
 */
export function sampleShape(request: SceneRequest, knobs: SceneKnobs): ShapeLatents {
  const stream = new Stream(request.seed, request.purpose, request.index);
  // Five latents are cut to the lower part of their range; together they keep `coverage` of the box.
  const part = fifthRoot(knobs.coverage);
  const covered = () => stream.uniform() * part;
  const symmetric = (u: number, half: number) => (2 * u - 1) * knobs.poseRange * half;

  const pose: Pose = {
    scale: 0.65 + symmetric(covered(), 0.15),
    rotation: symmetric(covered(), 0.35),
    x: symmetric(covered(), 0.2),
    y: symmetric(covered(), 0.2),
    aspect: exactExp(symmetric(stream.uniform(), 0.15)),
    shear: symmetric(stream.uniform(), 0.12),
  };
  const backgroundHue = covered();
  const own = stream.uniform() < knobs.hueShortcut;
  const ownHue = request.hueClass / ID_FIGURES.length + 0.02 * stream.normal();
  const randomHue = stream.uniform();
  const hue = own ? ownHue - Math.floor(ownHue) : randomHue;
  const opacity = stream.uniform(0.85, 1);
  const cloudSeed = stream.uint32();
  const noise = sampleNoise(stream);
  const morphs = knobs.morph > 0 && request.confuser !== null;

  return {
    kind: "shape",
    figure: request.figure,
    morph: morphs ? knobs.morph : 0,
    morphInto: morphs ? request.confuser : null,
    pose,
    hueOfClass: own ? request.hueClass : null,
    hue,
    opacity,
    ...sampleColours(new Stream(request.seed, `${request.purpose}/colour`, request.index), hue, backgroundHue, opacity),
    cloudSeed,
    noise,
    foregroundTexture: stream.chance(0.25)
      ? { texture: sampleTexture(stream), contrast: stream.uniform(0.05, 0.2) }
      : null,
    backgroundTexture: stream.chance(0.2)
      ? { texture: sampleTexture(stream), contrast: scaled(stream.uniform(0.05, 0.18), sampleRgb(stream, 0.3, 1)) }
      : null,
    distractor: stream.chance(0.5) ? sampleDistractor(stream) : null,
    occluder: stream.chance(0.1) ? sampleOccluder(stream) : null,
  };
}

/** Draws (background, foreground) until their luminances are far enough apart to see the figure. */
function sampleColours(stream: Stream, hue: number, backgroundHue: number, opacity: number) {
  for (;;) {
    const background = hsvToRgb(backgroundHue, stream.uniform(0.1, 0.7), stream.uniform(0.15, 0.85));
    const foreground = hsvToRgb(hue, stream.uniform(0.45, 0.95), stream.uniform(0.35, 1));
    const gap = opacity * Math.abs(luminance(foreground) - luminance(background));
    if (gap >= LUMINANCE_GAP) return { background, foreground };
  }
}

function sampleDistractor(stream: Stream): Distractor {
  return {
    round: stream.chance(0.5),
    x: stream.uniform(-1, 1),
    y: stream.uniform(-1, 1),
    radius: stream.uniform(0.05, 0.16),
    colour: hsvToRgb(stream.uniform(), 0.8, stream.uniform(0.3, 1)),
  };
}

function sampleOccluder(stream: Stream): Occluder {
  return {
    angle: stream.uniform(0, Math.PI),
    offset: stream.uniform(-0.5, 0.5),
    halfWidth: stream.uniform(0.04, 0.1),
    colour: hsvToRgb(stream.uniform(), 0.5, stream.uniform(0.1, 0.9)),
  };
}

/** x^(1/5) for x in (0, 1], by Newton's method: the basic operations alone. */
function fifthRoot(x: number): number {
  let root = 1;
  for (let step = 0; step < 60; step++) root -= (root - x / (root * root * root * root)) / 5;
  return root;
}
