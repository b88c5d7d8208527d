import type { Stream } from "../../../random/stream.ts";
import { type Canvas, edge, type Noise } from "../canvas.ts";
import { hsvToRgb, type Rgb, sampleRgb } from "../colour.ts";
import { sampleNoise } from "../noise.ts";
import { smoothNoise } from "../texture.ts";

type Point = readonly [number, number];

/** Two or three coloured zigzag strokes: the far-OOD validation kind. */
export interface ScribbleLatents {
  readonly kind: "scribble";
  readonly background: Rgb;
  readonly cloudSeed: number;
  readonly strokes: readonly { readonly points: readonly Point[]; readonly halfWidth: number; readonly colour: Rgb }[];
  readonly noise: Noise;
}

export function sampleScribble(stream: Stream): ScribbleLatents {
  const background = hsvToRgb(stream.uniform(), stream.uniform(0.1, 0.7), stream.uniform(0.15, 0.85));
  const strokes = Array.from({ length: 2 + stream.int(2) }, () => ({
    points: Array.from(
      { length: 4 + stream.int(4) },
      (): Point => [stream.uniform(-0.95, 0.95), stream.uniform(-0.95, 0.95)],
    ),
    halfWidth: stream.uniform(0.03, 0.09),
    colour: hsvToRgb(stream.uniform(), stream.uniform(0.3, 0.95), stream.uniform(0.2, 1)),
  }));
  return { kind: "scribble", background, cloudSeed: stream.uint32(), strokes, noise: sampleNoise(stream) };
}

export function paintScribble(canvas: Canvas, latents: ScribbleLatents): void {
  canvas.fill(latents.background);
  canvas.add(smoothNoise(latents.cloudSeed, 3), [0.12, 0.12, 0.12]);
  for (const { points, halfWidth, colour } of latents.strokes) {
    canvas.cover((x, y) => edge(polylineDistance(points, x, y) - halfWidth), colour);
  }
}

function polylineDistance(points: readonly Point[], x: number, y: number): number {
  let nearest = Number.POSITIVE_INFINITY;
  for (let k = 1; k < points.length; k++) {
    const [ax, ay] = points[k - 1] as Point;
    const [bx, by] = points[k] as Point;
    const dx = bx - ax;
    const dy = by - ay;
    const along = Math.max(0, Math.min(1, ((x - ax) * dx + (y - ay) * dy) / (dx * dx + dy * dy)));
    const ex = x - ax - along * dx;
    const ey = y - ay - along * dy;
    nearest = Math.min(nearest, ex * ex + ey * ey);
  }
  return Math.sqrt(nearest);
}

/** Cells around random points, each in a colour of its own (a Voronoi mosaic): the outliers of outlier exposure. */
export interface MosaicLatents {
  readonly kind: "mosaic";
  readonly cells: readonly { readonly x: number; readonly y: number; readonly colour: Rgb }[];
  readonly cloudSeed: number;
  readonly cloudContrast: number;
  readonly noise: Noise;
}

export function sampleMosaic(stream: Stream): MosaicLatents {
  const cells = Array.from({ length: 3 + stream.int(12) }, () => ({
    x: stream.uniform(-1, 1),
    y: stream.uniform(-1, 1),
    colour: sampleRgb(stream, 0.05, 0.95),
  }));
  const cloudContrast = stream.uniform(0, 0.2);
  return { kind: "mosaic", cells, cloudSeed: stream.uint32(), cloudContrast, noise: sampleNoise(stream) };
}

export function paintMosaic(canvas: Canvas, latents: MosaicLatents): void {
  const { cells, cloudContrast } = latents;
  const nearest = (x: number, y: number): number => {
    let best = 0;
    let least = Number.POSITIVE_INFINITY;
    cells.forEach((cell, k) => {
      const squared = (x - cell.x) * (x - cell.x) + (y - cell.y) * (y - cell.y);
      if (squared < least) {
        least = squared;
        best = k;
      }
    });
    return best;
  };
  canvas.map((x, y) => (cells[nearest(x, y)] as (typeof cells)[number]).colour);
  canvas.add(smoothNoise(latents.cloudSeed, 5), [cloudContrast, cloudContrast, cloudContrast]);
}
