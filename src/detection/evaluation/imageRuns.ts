import type { Benchmark } from "../../data/benchmark.ts";
import type { ImageSet } from "../../data/imageSet.ts";

/** Images of a set in memory at once: every set of 32 × 32 images below 65,000, 1,300 images of 224 × 224. */
export const WINDOW_BYTES = 200e6;

/** Images that are loaded at once of a set of `count` square images. */
export function windowOf(count: number, imageSize: number): number {
  return Math.min(count, Math.max(1, Math.floor(WINDOW_BYTES / (imageSize ** 2 * 3))));
}

/**
 * Loads a set window by window and hands out its first `count` images in runs of at most `runImages`, in order, as
 * pieces of work. Loading rejects where the set holds fewer images or images of another size than the network takes.
 */
export function* imageRuns(
  benchmark: Pick<Benchmark, "load" | "loadSome">,
  name: string,
  count: number,
  imageSize: number,
  runImages: number,
  take: (images: Uint8Array, labels: Int32Array, first: number) => Promise<void>,
): Generator<() => Promise<void>> {
  const window = windowOf(count, imageSize);
  let loaded = new Uint8Array() as ImageSet["images"];
  let labels = new Int32Array() as ImageSet["labels"];
  const size = imageSize ** 2 * 3;
  for (let start = 0; start < count; start += window) {
    const end = Math.min(count, start + window);
    yield async () => {
      ({ images: loaded, labels } = await loadWindow(benchmark, name, start, end - start, count, imageSize));
    };
    for (let first = start; first < end; first += runImages) {
      yield () => {
        const images = Math.min(runImages, end - first);
        const at = first - start;
        return take(loaded.subarray(at * size, (at + images) * size), labels.subarray(at, at + images), first);
      };
    }
  }
}

/** Images first … first + images − 1 of a set of which `count` are wanted; the whole set where that is all of them. */
export async function loadWindow(
  benchmark: Pick<Benchmark, "load" | "loadSome">,
  name: string,
  first: number,
  images: number,
  count: number,
  imageSize: number,
): Promise<ImageSet> {
  const indices = (): number[] => Array.from({ length: images }, (_, i) => first + i);
  const loaded = await (images === count ? benchmark.load(name) : benchmark.loadSome(name, indices()));
  check(loaded, name, images, imageSize);
  return loaded;
}

function check({ height, width, count }: ImageSet, name: string, wanted: number, imageSize: number): void {
  if (height !== imageSize || width !== imageSize) {
    throw new Error(
      `Set "${name}" has images of ${width}×${height} pixels, the network takes ${imageSize}×${imageSize}.`,
    );
  }
  if (count < wanted) throw new Error(`Set "${name}" holds ${count} images, not ${wanted}.`);
}
