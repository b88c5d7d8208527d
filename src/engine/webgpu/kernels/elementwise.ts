import { checkView, type MapView, type Workgroups } from "./kernel.ts";
import { grid } from "./wgsl.ts";

export const ELEMENTWISE_THREADS = 256;

/** Workgroups for one thread per quad of channels of n images. */
export function elementwise({ height, width, channels }: MapView, n: number): Workgroups {
  return grid(Math.ceil((n * height * width * channels) / 4 / ELEMENTWISE_THREADS));
}

/** WGSL: one `quad` of channels of one `pixel` per thread. */
export function elementwiseIndex({ height, width, channels }: MapView): string {
  return `
  let index = group * ${ELEMENTWISE_THREADS}u + thread;
  if (index >= step.n * ${(height * width * channels) / 4}u) { return; }
  let pixel = index / ${channels / 4}u;
  let quad = index % ${channels / 4}u;`;
}

/** WGSL: where a quad of the view lies in its root. */
export function quadAt(view: MapView, pixel = "pixel", quad = "quad"): string {
  return `${pixel} * ${view.pixelStride / 4}u + ${view.channelOffset / 4}u + ${quad}`;
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
