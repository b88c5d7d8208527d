import { exactCos, exactSin } from "../../random/exactMath.ts";
import { type Canvas, edge } from "./canvas.ts";
import { box, disc } from "./distances.ts";
import { FIGURE_DISTANCES } from "./figures.ts";
import type { ShapeLatents } from "./shapeLatents.ts";
import { smoothNoise, textureField } from "./texture.ts";

/** Half side of the square around a figure outside which nothing is drawn, in figure units. */
const REACH = 1.6;
const CLOUD_CONTRAST = 0.12;

/** Paints background, distractor, figure and occluder over whatever is on the canvas. */
export function paintShape(canvas: Canvas, latents: ShapeLatents): void {
  canvas.fill(latents.background);
  if (latents.backgroundTexture !== null) {
    canvas.add(textureField(latents.backgroundTexture.texture, 1), latents.backgroundTexture.contrast);
  }
  canvas.add(smoothNoise(latents.cloudSeed, 3), [CLOUD_CONTRAST, CLOUD_CONTRAST, CLOUD_CONTRAST]);

  const { distractor, occluder, foregroundTexture } = latents;
  if (distractor !== null) {
    const { x, y, radius, round } = distractor;
    canvas.cover(
      (px, py) => ((round ? disc(px - x, py - y, radius) : box(px - x, py - y, radius, radius)) < 0 ? 1 : 0),
      distractor.colour,
    );
  }
  canvas.cover(
    figureCoverage(latents),
    latents.foreground,
    foregroundTexture === null ? null : textureField(foregroundTexture.texture, foregroundTexture.contrast),
  );
  if (occluder !== null) {
    const cos = exactCos(occluder.angle);
    const sin = exactSin(occluder.angle);
    canvas.cover(
      (px, py) => (Math.abs(cos * px + sin * py - occluder.offset) < occluder.halfWidth ? 1 : 0),
      occluder.colour,
    );
  }
}

/** Opacity of the figure at a canvas point: pose undone, then the distance of the (morphed) outline. */
function figureCoverage({ figure, morph, morphInto, pose, opacity }: ShapeLatents): (x: number, y: number) => number {
  const own = FIGURE_DISTANCES[figure];
  const other = morphInto === null ? null : FIGURE_DISTANCES[morphInto];
  const { scale, aspect, shear } = pose;
  const cos = exactCos(pose.rotation) / scale;
  const sin = exactSin(pose.rotation) / scale;
  return (px, py) => {
    const dx = px - pose.x;
    const dy = py - pose.y;
    const turnedX = cos * dx + sin * dy;
    const turnedY = cos * dy - sin * dx;
    const x = (turnedX + shear * turnedY) * aspect;
    const y = turnedY / aspect;
    if (Math.abs(x) > REACH || Math.abs(y) > REACH) return 0;
    let distance = own(x, y);
    if (other !== null) distance = (1 - morph) * distance + morph * other(x, y);
    return opacity * edge(distance * scale);
  };
}
