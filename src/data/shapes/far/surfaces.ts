import { exactSin } from "../../../random/exactMath.ts";
import type { Stream } from "../../../random/stream.ts";
import { AXIS, type Canvas, type Field, GRID, type Noise } from "../canvas.ts";
import { hsvToRgb, type Rgb, sampleRgb, scaled } from "../colour.ts";
import { sampleNoise } from "../noise.ts";
import { sampleTexture, smoothNoise, type Texture, textureField } from "../texture.ts";

/** Two textures over the whole image and no object: the part the Describable Textures play. */
export interface TextureLatents {
  readonly kind: "texture";
  readonly base: Rgb;
  readonly layers: readonly { readonly texture: Texture; readonly contrast: Rgb }[];
  readonly noise: Noise;
}

export function sampleTextureImage(stream: Stream): TextureLatents {
  return {
    kind: "texture",
    base: hsvToRgb(stream.uniform(), stream.uniform(0.1, 0.8), stream.uniform(0.3, 0.7)),
    layers: [
      { texture: sampleTexture(stream), contrast: scaled(stream.uniform(0.15, 0.5), sampleRgb(stream, 0.2, 1)) },
      { texture: sampleTexture(stream), contrast: scaled(stream.uniform(0, 0.3), [1, 1, 1]) },
    ],
    noise: sampleNoise(stream),
  };
}

export function paintTexture(canvas: Canvas, latents: TextureLatents): void {
  canvas.fill(latents.base);
  for (const { texture, contrast } of latents.layers) canvas.add(textureField(texture, 1), contrast);
}

type Seeds = readonly [number, number, number, number];

/** Ground and sky of coloured noise at four scales, with a wavy horizon: the part Places365 plays. */
export interface SceneLatents {
  readonly kind: "scene";
  /** one noise per channel and scale */
  readonly seeds: readonly [Seeds, Seeds, Seeds];
  readonly horizon: number;
  readonly wave: { readonly frequency: number; readonly phase: number };
  readonly ground: Rgb;
  readonly sky: { readonly scale: Rgb; readonly shift: Rgb };
  readonly noise: Noise;
}

/** Lattice points and weight of each scale of a scene's noise. */
const SCALES = [
  [3, 0.3],
  [6, 0.2],
  [14, 0.12],
  [30, 0.07],
] as const;

export function sampleScene(stream: Stream): SceneLatents {
  const four = (): Seeds => [stream.uint32(), stream.uint32(), stream.uint32(), stream.uint32()];
  return {
    kind: "scene",
    seeds: [four(), four(), four()],
    horizon: stream.uniform(-0.5, 0.5),
    wave: { frequency: stream.uniform(1, 4), phase: stream.uniform(0, 6) },
    ground: sampleRgb(stream, 0.3, 1),
    sky: { scale: sampleRgb(stream, 0.5, 1), shift: sampleRgb(stream, 0, 0.3) },
    noise: sampleNoise(stream),
  };
}

export function paintScene(canvas: Canvas, latents: SceneLatents): void {
  canvas.fill([0.5, 0.5, 0.5]);
  const [red, green, blue] = latents.seeds;
  canvas.add(layeredNoise(red), [1, 0, 0]);
  canvas.add(layeredNoise(green), [0, 1, 0]);
  canvas.add(layeredNoise(blue), [0, 0, 1]);
  const { wave, ground, sky } = latents;
  const horizon = new Map<number, number>();
  for (const x of AXIS) horizon.set(x, latents.horizon + 0.2 * exactSin(wave.frequency * x + wave.phase));
  canvas.map((x, y, [r, g, b]) =>
    y > (horizon.get(x) as number)
      ? [r * ground[0], g * ground[1], b * ground[2]]
      : [r * sky.scale[0] + sky.shift[0], g * sky.scale[1] + sky.shift[1], b * sky.scale[2] + sky.shift[2]],
  );
}

function layeredNoise(seeds: Seeds): Field {
  const sum = new Float64Array(GRID * GRID);
  SCALES.forEach(([cells, weight], scale) => {
    const layer = smoothNoise(seeds[scale] as number, cells);
    for (let s = 0; s < sum.length; s++) sum[s] = (sum[s] as number) + weight * (layer[s] as number);
  });
  return sum;
}
