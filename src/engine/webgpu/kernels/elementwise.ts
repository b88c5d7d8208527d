import { checkView, type MapView, type Workgroups } from "./kernel.ts";
import { grid, type Shape } from "./wgsl.ts";

export const ELEMENTWISE_THREADS = 256;

/** Workgroups for one thread per quad of channels of n images. */
export function elementwise({ height, width, channels }: MapView, n: number): Workgroups {
  return grid(Math.ceil((n * height * width * channels) / 4 / ELEMENTWISE_THREADS));
}

/** What `elementwiseIndex` has to know: pixels of an image and quads of channels. */
export function elementwiseShape({ height, width, channels }: MapView): Shape {
  return { area: height * width, quads: channels / 4 };
}

/** WGSL: one `quad` of channels of one `pixel` per thread. */
export const elementwiseIndex = `
  let index = group * ${ELEMENTWISE_THREADS}u + thread;
  if (index >= step.n * shape.area * shape.quads) { return; }
  let pixel = index / shape.quads;
  let quad = index % shape.quads;`;

/** How the views lie in their roots: what `quadAt` has to know, by their names. */
export function viewShape(views: Readonly<Record<string, MapView>>): Shape {
  const numbers = Object.entries(views).flatMap(([name, { pixelStride, channelOffset }]) => [
    [`${name}Stride`, pixelStride / 4],
    [`${name}Offset`, channelOffset / 4],
  ]);
  return Object.fromEntries(numbers) as Shape;
}

/** WGSL: where a quad of the view of this name lies in its root. */
export function quadAt(view: string, pixel = "pixel", quad = "quad"): string {
  return `${pixel} * shape.${view}Stride + shape.${view}Offset + ${quad}`;
}

/** @throws RangeError unless all views have the size of the first */
export function checkSameSize(what: string, first: MapView, views: readonly MapView[]): void {
  for (const view of [first, ...views]) {
    checkView(what, view);
    const same = view.height === first.height && view.width === first.width && view.channels === first.channels;
    if (same) continue;
    throw new RangeError(
      `${what}: the maps have ${first.height}×${first.width}×${first.channels} and ` +
        `${view.height}×${view.width}×${view.channels} values.`,
    );
  }
}
