import { Canvas, IMAGE_BYTES } from "./canvas.ts";
import { paintMosaic, paintScribble } from "./far/drawings.ts";
import { paintDigits, paintGlyph } from "./far/glyphs.ts";
import { paintScene, paintTexture } from "./far/surfaces.ts";
import type { Latents } from "./latents.ts";
import { paintShape } from "./paintShape.ts";

/** Goes into every fingerprint: count it up whenever any image of any latents changes. */
export const RENDERER_VERSION = 1;

/** Painted over from edge to edge by every kind, so one canvas serves all images. */
let canvas: Canvas | null = null;

/** The image of `latents`, uint8 RGB [32][32][3]. The same bytes in every engine. */
export function render(latents: Latents): Uint8Array {
  const bytes = new Uint8Array(IMAGE_BYTES);
  renderInto(latents, bytes, 0);
  return bytes;
}

/** As {@link render}, written to out[offset … offset + 3071]. */
export function renderInto(latents: Latents, out: Uint8Array, offset: number): void {
  canvas ??= new Canvas();
  paint(canvas, latents);
  canvas.toBytes(latents.kind === "glyph" ? null : latents.noise, out, offset);
}

function paint(onto: Canvas, latents: Latents): void {
  switch (latents.kind) {
    case "shape":
      paintShape(onto, latents);
      break;
    case "glyph":
      paintGlyph(onto, latents);
      break;
    case "digits":
      paintDigits(onto, latents);
      break;
    case "texture":
      paintTexture(onto, latents);
      break;
    case "scene":
      paintScene(onto, latents);
      break;
    case "scribble":
      paintScribble(onto, latents);
      break;
    case "mosaic":
      paintMosaic(onto, latents);
      break;
  }
}
