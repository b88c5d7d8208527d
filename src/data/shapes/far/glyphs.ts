import { exactCos, exactSin } from "../../../random/exactMath.ts";
import type { Stream } from "../../../random/stream.ts";
import { type Canvas, edge, type Noise } from "../canvas.ts";
import { hsvToRgb, type Rgb } from "../colour.ts";
import { box } from "../distances.ts";
import { sampleNoise } from "../noise.ts";
import { smoothNoise } from "../texture.ts";

/** The bars of a seven-segment digit: centre x, centre y, half width, half height. */
const SEGMENTS = {
  top: [0, -0.8, 0.5, 0.13],
  middle: [0, 0, 0.5, 0.13],
  bottom: [0, 0.8, 0.5, 0.13],
  upperLeft: [-0.5, -0.4, 0.13, 0.5],
  upperRight: [0.5, -0.4, 0.13, 0.5],
  lowerLeft: [-0.5, 0.4, 0.13, 0.5],
  lowerRight: [0.5, 0.4, 0.13, 0.5],
} as const satisfies Record<string, readonly [number, number, number, number]>;

type Segment = keyof typeof SEGMENTS;

/** Which segments each digit leaves dark. */
const DARK: readonly (readonly Segment[])[] = [
  ["middle"],
  ["top", "middle", "bottom", "upperLeft", "lowerLeft"],
  ["upperLeft", "lowerRight"],
  ["upperLeft", "lowerLeft"],
  ["top", "bottom", "lowerLeft"],
  ["upperRight", "lowerLeft"],
  ["upperRight"],
  ["middle", "bottom", "upperLeft", "lowerLeft"],
  [],
  ["lowerLeft"],
];

const DIGITS: readonly (readonly (readonly [number, number, number, number])[])[] = DARK.map((dark) =>
  (Object.keys(SEGMENTS) as Segment[]).filter((segment) => !dark.includes(segment)).map((name) => SEGMENTS[name]),
);

interface PlacedDigit {
  readonly digit: number;
  readonly x: number;
  readonly y: number;
  readonly scale: number;
  readonly rotation: number;
}

/** One white digit on black, noiseless: as far from the ID images as MNIST is from CIFAR-10. */
export interface GlyphLatents {
  readonly kind: "glyph";
  readonly glyph: PlacedDigit;
}

/** A row of three coloured digits, the outer two cut off by the frame: the part SVHN plays for CIFAR-10. */
export interface DigitsLatents {
  readonly kind: "digits";
  readonly digits: readonly PlacedDigit[];
  readonly foreground: Rgb;
  readonly background: Rgb;
  readonly cloudSeed: number;
  readonly noise: Noise;
}

export function sampleGlyph(stream: Stream): GlyphLatents {
  return {
    kind: "glyph",
    glyph: {
      digit: stream.int(10),
      x: stream.uniform(-0.1, 0.1),
      y: stream.uniform(-0.1, 0.1),
      scale: stream.uniform(0.5, 0.8),
      rotation: stream.uniform(-0.3, 0.3),
    },
  };
}

export function paintGlyph(canvas: Canvas, { glyph }: GlyphLatents): void {
  canvas.fill([0, 0, 0]);
  paintDigit(canvas, glyph, [1, 1, 1]);
}

export function sampleDigits(stream: Stream): DigitsLatents {
  return {
    kind: "digits",
    digits: [-1.1, 0, 1.1].map((x) => ({
      digit: stream.int(10),
      x: x + stream.uniform(-0.1, 0.1),
      y: stream.uniform(-0.1, 0.1),
      scale: stream.uniform(0.6, 0.8),
      rotation: 0,
    })),
    foreground: hsvToRgb(stream.uniform(), stream.uniform(0.1, 0.6), stream.uniform(0.2, 1)),
    background: hsvToRgb(stream.uniform(), stream.uniform(0.1, 0.6), stream.uniform(0.2, 0.8)),
    cloudSeed: stream.uint32(),
    noise: sampleNoise(stream),
  };
}

export function paintDigits(canvas: Canvas, latents: DigitsLatents): void {
  canvas.fill(latents.background);
  canvas.add(smoothNoise(latents.cloudSeed, 3), [0.15, 0.15, 0.15]);
  for (const digit of latents.digits) paintDigit(canvas, digit, latents.foreground);
}

function paintDigit(canvas: Canvas, { digit, x, y, scale, rotation }: PlacedDigit, colour: Rgb): void {
  const segments = DIGITS[digit] as (typeof DIGITS)[number];
  const cos = exactCos(rotation) / scale;
  const sin = exactSin(rotation) / scale;
  canvas.cover((px, py) => {
    const gx = cos * (px - x) + sin * (py - y);
    const gy = cos * (py - y) - sin * (px - x);
    if (Math.abs(gx) > 0.75 || Math.abs(gy) > 1.05) return 0;
    let distance = Number.POSITIVE_INFINITY;
    for (const [sx, sy, w, h] of segments) distance = Math.min(distance, box(gx - sx, gy - sy, w, h));
    return edge(distance * scale);
  }, colour);
}
