import type { Call, Slot } from "../lowering/slots.ts";

/** What the buffers of a network are used for. */
const usage = (uniform: boolean) =>
  (uniform ? GPUBufferUsage.UNIFORM : GPUBufferUsage.STORAGE) | GPUBufferUsage.COPY_SRC | GPUBufferUsage.COPY_DST;

interface Tenancy {
  readonly slot: Slot;
  /** Index of its pass, and of the first and the last call in it. */
  readonly pass: number;
  readonly first: number;
  readonly last: number;
}

/**
 * Which slots can lie in one buffer because they are never needed at the same time: largest first, each in the smallest
 * buffer that has room for it when it is needed.
 *
 * A call needs all its operands at once. They therefore never share a buffer, as WebGPU demands: a buffer is either
 * read or written in a dispatch, whatever the ranges.
 *
 * @param passes those that run one after the other, never mixed
 */
export function share(passes: readonly (readonly Call[])[]): { readonly bytes: number; readonly slots: Slot[] }[] {
  const tenants = passes.flatMap((calls, pass) => tenancies(calls, pass));
  const bySlot = new Map<Slot, Tenancy[]>();
  for (const tenancy of tenants) bySlot.set(tenancy.slot, [...(bySlot.get(tenancy.slot) ?? []), tenancy]);
  const buffers: { bytes: number; slots: Slot[]; tenancies: Tenancy[] }[] = [];
  for (const slot of [...bySlot.keys()].sort((a, b) => b.bytes - a.bytes)) {
    const own = bySlot.get(slot) as Tenancy[];
    const free = (taken: readonly Tenancy[]) => !own.some((one) => taken.some((other) => overlap(one, other)));
    const buffer = buffers.findLast(({ tenancies }) => free(tenancies));
    if (buffer) {
      buffer.slots.push(slot);
      buffer.tenancies.push(...own);
    } else {
      buffers.push({ bytes: slot.bytes, slots: [slot], tenancies: [...own] });
    }
  }
  return buffers;
}

function overlap(a: Tenancy, b: Tenancy): boolean {
  return a.pass === b.pass && a.first <= b.last && b.first <= a.last;
}

function tenancies(calls: readonly Call[], pass: number): Tenancy[] {
  const found = new Map<Slot, Tenancy>();
  for (const [index, { operands }] of calls.entries()) {
    for (const { slot } of operands) {
      if (slot.lasts !== "shared") continue;
      found.set(slot, { slot, pass, first: found.get(slot)?.first ?? index, last: index });
    }
  }
  return [...found.values()];
}

/** The buffers of a network. */
export class Memory {
  /** Bytes of all buffers. */
  readonly bytes: number;
  private readonly buffers = new Map<Slot, GPUBuffer>();

  /**
   * @throws RangeError if a slot is larger than the device can bind
   */
  constructor(device: GPUDevice, passes: readonly (readonly Call[])[], kept: readonly Slot[]) {
    const { maxBufferSize, maxStorageBufferBindingSize } = device.limits;
    const limit = Math.min(maxBufferSize, maxStorageBufferBindingSize);
    const groups = [...kept.map((slot) => ({ bytes: slot.bytes, slots: [slot] })), ...share(passes)];
    for (const { bytes, slots } of groups) {
      if (bytes <= limit) continue;
      throw new RangeError(
        `"${slots[0]?.name}" needs ${bytes} bytes in one piece, but this GPU binds at most ${limit}. ` +
          "Use a smaller batch or width.",
      );
    }
    const uniforms = new Set(passes.flatMap((calls) => calls.flatMap(uniformSlots)));
    for (const { bytes, slots } of groups) {
      const [first] = slots as [Slot];
      const label = slots.length > 1 ? `${first.name} and ${slots.length - 1} more` : first.name;
      const buffer = device.createBuffer({ label, size: bytes, usage: usage(uniforms.has(first)) });
      for (const slot of slots) this.buffers.set(slot, buffer);
    }
    this.bytes = groups.reduce((sum, { bytes }) => sum + bytes, 0);
  }

  /** @throws Error for a slot that is not of this network */
  of(slot: Slot): GPUBuffer {
    const buffer = this.buffers.get(slot);
    if (!buffer) throw new Error(`"${slot.name}" has no buffer.`);
    return buffer;
  }

  destroy(): void {
    for (const buffer of new Set(this.buffers.values())) buffer.destroy();
  }
}

function uniformSlots({ kernel, operands }: Call): Slot[] {
  return kernel.bindings.flatMap(({ access }, i) =>
    access === "uniform" ? [(operands[i] as { slot: Slot }).slot] : [],
  );
}
