/** Images of the first slice, and the fewest and most of any. */
const FIRST = 32;
const FEWEST = 8;
const MOST = 128;
/** A slice should take about a second: others wait for its end. */
const SHORT_MS = 500;
const LONG_MS = 2000;

/** How many images the next slice of a pool should have: from a few of a diffusion model to many of a simple one. */
export class SlicePace {
  images: number;

  /** @param group images that are computed together in any case: slices are multiples of it */
  constructor(private readonly group: number) {
    this.images = this.rounded(FIRST);
  }

  took(milliseconds: number): void {
    if (milliseconds < SHORT_MS) this.images = this.rounded(Math.min(MOST, 2 * this.images));
    else if (milliseconds > LONG_MS) this.images = this.rounded(Math.max(FEWEST, this.images / 2));
  }

  private rounded(images: number): number {
    return Math.max(1, Math.round(images / this.group)) * this.group;
  }
}
