import type { MapView as PlacedView, Root } from "../../../plan/steps.ts";
import type { GpuKernel, KernelLimits, MapView } from "../../kernels/kernel.ts";
import type { NetworkSlots } from "./networkSlots.ts";
import type { ParameterLayout } from "./parameterLayout.ts";
import { type Call, call, type Place, place, type Slot } from "./slots.ts";

/** What the passes of a network have in common. */
export interface LoweringContext {
  readonly layout: ParameterLayout;
  readonly slots: NetworkSlots;
  /** The batch that kernels are cut to and memory is for. */
  readonly maxBatch: number;
  readonly limits: KernelLimits;
}

/** One pass while its steps become calls: where its maps lie. */
export class PassLowering {
  readonly calls: Call[] = [];
  private readonly roots = new Map<Root, Slot>();
  private readonly named = new Map<string, Slot>();

  /** @param input the root of the images, which has a place for all passes */
  constructor(
    readonly context: LoweringContext,
    input: Root,
  ) {
    this.roots.set(input, context.slots.input);
  }

  /** Appends a call; operands by the names of the kernel's bindings, `step` excepted. */
  add(kernel: GpuKernel, operands: Readonly<Record<string, Place>>): void {
    const wantsStep = kernel.bindings.some(({ name }) => name === "step");
    this.calls.push(call(kernel, wantsStep ? { ...operands, step: place(this.context.slots.step) } : operands));
  }

  /** Where the root of a map lies. */
  place({ root }: PlacedView): Place {
    return place(this.root(root));
  }

  root(root: Root): Slot {
    const known = this.roots.get(root);
    if (known) return known;
    const bytes = this.context.maxBatch * root.height * root.width * root.channels * 4;
    const slot: Slot = { name: root.name, bytes, lasts: "shared" };
    this.roots.set(root, slot);
    return slot;
  }

  /** Memory for one or a few calls, of this pass only. */
  scratch(name: string, floats: number): Place {
    return place({ name, bytes: floats * 4, lasts: "shared" });
  }

  /** Memory for what a kernel binds by this name. */
  scratchOf(kernel: GpuKernel, binding: string): Place {
    const bytes = kernel.bindings.find(({ name }) => name === binding)?.bytes(this.context.maxBatch) ?? 0;
    return this.scratch(`${binding} of ${kernel.label}`, bytes / 4);
  }

  /** Memory that several calls of this pass know by its name. */
  vector(name: string, floats: number): Place {
    const slot = this.named.get(name) ?? { name, bytes: floats * 4, lasts: "shared" };
    this.named.set(name, slot);
    return place(slot);
  }
}

/** A map as kernels see it. */
export function viewOf({ root, offset, channels }: PlacedView): MapView {
  const { height, width } = root;
  return { height, width, channels, pixelStride: root.channels, channelOffset: offset };
}
