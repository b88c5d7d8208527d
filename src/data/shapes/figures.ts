import { box, type Distance, disc, regularPolygon, star } from "./distances.ts";

/** The ten ID classes, in label order. */
export const ID_FIGURES = [
  "disc",
  "square",
  "triangle",
  "star",
  "cross",
  "ring",
  "crescent",
  "hexagon",
  "letter-l",
  "letter-t",
] as const;

/** Figures no network is trained on: the near-OOD test set. */
export const NEAR_TEST_FIGURES = [
  "pentagon",
  "seven-star",
  "half-disc",
  "letter-h",
  "letter-u",
  "two-discs",
  "frame",
  "rhombus",
] as const;

/** Other unseen figures: the near-OOD validation set, so that nothing is selected on the test figures. */
export const NEAR_VAL_FIGURES = ["arrow", "heart", "trapezoid", "letter-z"] as const;

export type Figure =
  | (typeof ID_FIGURES)[number]
  | (typeof NEAR_TEST_FIGURES)[number]
  | (typeof NEAR_VAL_FIGURES)[number];

const HALF_SQRT = Math.sqrt(0.5);
const RHOMBUS_NORM = 1 / Math.sqrt(1 + 0.6 * 0.6);
const TRAPEZOID_SLOPE = 0.375;
const TRAPEZOID_NORM = 1 / Math.sqrt(1 + TRAPEZOID_SLOPE * TRAPEZOID_SLOPE);

/** Signed distance of every figure, upright, in [−1, 1]². */
export const FIGURE_DISTANCES: Readonly<Record<Figure, Distance>> = {
  disc: (x, y) => disc(x, y, 0.85),
  square: (x, y) => box(x, y, 0.75, 0.75),
  triangle: regularPolygon(3, 1.05),
  star: star(5, 1.05, 0.42),
  cross: (x, y) => Math.min(box(x, y, 0.28, 0.9), box(x, y, 0.9, 0.28)),
  ring: (x, y) => Math.abs(disc(x, y, 0.65)) - 0.22,
  crescent: (x, y) => Math.max(disc(x, y, 0.9), -disc(x - 0.45, y, 0.75)),
  hexagon: regularPolygon(6, 0.95),
  "letter-l": (x, y) => Math.min(box(x + 0.5, y, 0.27, 0.85), box(x, y - 0.58, 0.77, 0.27)),
  "letter-t": (x, y) => Math.min(box(x, y + 0.58, 0.85, 0.27), box(x, y, 0.25, 0.85)),

  pentagon: regularPolygon(5, 0.98),
  "seven-star": star(7, 1.05, 0.6),
  "half-disc": (x, y) => Math.max(disc(x, y + 0.4, 0.9), -(y + 0.4)),
  "letter-h": (x, y) => Math.min(uprights(x, y), box(x, y, 0.6, 0.2)),
  "letter-u": (x, y) => Math.min(uprights(x, y), box(x, y - 0.62, 0.77, 0.22)),
  "two-discs": (x, y) => disc(Math.abs(x) - 0.45, y, 0.45),
  frame: (x, y) => Math.max(box(x, y, 0.8, 0.8), -box(x, y, 0.38, 0.38)),
  rhombus: (x, y) => (Math.abs(x) + 0.6 * Math.abs(y) - 0.6) * RHOMBUS_NORM,

  arrow: (x, y) => Math.min(box(x + 0.35, y, 0.55, 0.22), Math.max((x + Math.abs(y) - 0.95) * HALF_SQRT, 0.15 - x)),
  heart: (x, y) =>
    Math.min((Math.abs(x) + Math.abs(y - 0.1)) * HALF_SQRT - 0.5, disc(Math.abs(x) - 0.354, y + 0.254, 0.5)),
  trapezoid: (x, y) => Math.max(Math.abs(y) - 0.6, (Math.abs(x) - 0.675 - TRAPEZOID_SLOPE * y) * TRAPEZOID_NORM),
  "letter-z": (x, y) =>
    Math.min(box(x, Math.abs(y) - 0.62, 0.78, 0.22), Math.max(Math.abs(x + y) * HALF_SQRT - 0.2, Math.abs(y) - 0.62)),
};

function uprights(x: number, y: number): number {
  return box(Math.abs(x) - 0.55, y, 0.24, 0.85);
}
