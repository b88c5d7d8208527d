import type { MosaicLatents, ScribbleLatents } from "./far/drawings.ts";
import type { DigitsLatents, GlyphLatents } from "./far/glyphs.ts";
import type { SceneLatents, TextureLatents } from "./far/surfaces.ts";
import type { ShapeLatents } from "./shapeLatents.ts";

/** The hidden causes of one image, of whatever kind: plain JSON, and all that {@link render} needs. */
export type Latents =
  | ShapeLatents
  | GlyphLatents
  | DigitsLatents
  | TextureLatents
  | SceneLatents
  | ScribbleLatents
  | MosaicLatents;
