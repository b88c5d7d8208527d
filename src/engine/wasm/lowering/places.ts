import { arrange, type Lifetime, lifetimes } from "../../plan/lifetimes.ts";
import type { MapView, Root, Step } from "../../plan/steps.ts";
import { ALIGNMENT } from "./arena.ts";
import type { Borders } from "./borders.ts";
import { type Activations, descriptor, type ImageBuffer, type MapBuffer } from "./buffers.ts";
import type { Counted } from "./program.ts";
import type { Tables } from "./tables.ts";

/** Memory beside the maps that a pass needs for some of its phases; known by its identity. */
export interface Temporary {
  readonly bytes: number;
}

/** What one piece of work touches. */
interface Use {
  readonly step: Step | null;
  readonly temporaries: readonly Temporary[];
}

/** Where the maps and temporaries of one pass lie, relative to the memory that all passes share. */
export interface Arrangement {
  readonly offsets: ReadonlyMap<Root | Temporary, number>;
  readonly bytes: number;
}

/**
 * Lays out what one pass uses, so that what is needed in common phases lies apart.
 *
 * @param phases the work of each, in order
 * @param images the root of the images, which lies elsewhere
 */
export function arrangePass(
  phases: readonly (readonly Use[])[],
  borders: Borders,
  images: Root,
  maxBatch: number,
): Arrangement {
  const uses = phases.flatMap((uses, time) => uses.map((use) => ({ ...use, time })));
  const steps = uses.flatMap(({ step, time }) => (step ? [{ step, time }] : []));
  const roots = lifetimes(
    steps.map(({ step }) => step),
    (index) => (steps[index] as { time: number }).time,
  );
  const temporaries = new Map<Temporary, Lifetime>();
  for (const use of uses) {
    for (const temporary of use.temporaries) {
      const first = temporaries.get(temporary)?.first ?? use.time;
      temporaries.set(temporary, { first, last: use.time });
    }
  }
  const owners: (Root | Temporary)[] = [];
  const blocks = [...roots].flatMap(([root, lifetime]) => {
    if (root === images) return [];
    owners.push(root);
    const { channels, height, width } = root;
    const border = borders.of(root);
    return [{ ...lifetime, bytes: maxBatch * channels * (height + 2 * border) * (width + 2 * border) * 4 }];
  });
  for (const [temporary, lifetime] of temporaries) {
    owners.push(temporary);
    blocks.push({ ...lifetime, bytes: temporary.bytes });
  }
  const { offsets, bytes } = arrange(blocks, ALIGNMENT);
  return { offsets: new Map(owners.map((owner, i) => [owner, offsets[i] as number])), bytes };
}

/** Finds the memory of what a pass uses. */
export class Places {
  /**
   * @param region where the memory that all passes share begins
   * @param imagesRoot the root of the images in this pass
   */
  constructor(
    private readonly region: number,
    private readonly arrangement: Arrangement,
    private readonly borders: Borders,
    private readonly imagesRoot: Root,
    private readonly images: ImageBuffer,
    readonly tables: Tables,
    /** Work space of each thread; see ThreadScratch. */
    readonly scratch: Counted,
  ) {}

  /** A map as a convolution reads it. */
  activations(view: MapView): Activations {
    return view.root === this.imagesRoot ? this.images : this.map(view);
  }

  map(view: MapView): MapBuffer {
    const { root, offset, channels } = view;
    if (root === this.imagesRoot) throw new Error("Only convolutions can read the images.");
    const { height, width } = root;
    const border = this.borders.of(root);
    const plane = (height + 2 * border) * (width + 2 * border) * 4;
    const address = this.region + this.offset(root) + offset * plane;
    return { kind: "map", address, rootChannels: root.channels, channels, height, width, border };
  }

  /** Address of the map's description. */
  descriptor(view: MapView): number {
    return this.tables.address(descriptor(this.map(view)));
  }

  temporary(temporary: Temporary): number {
    return this.region + this.offset(temporary);
  }

  private offset(owner: Root | Temporary): number {
    const offset = this.arrangement.offsets.get(owner);
    if (offset === undefined) throw new Error("This pass has no such memory.");
    return offset;
  }
}
