import type { GpuKernel } from "../../kernels/kernel.ts";

/** Memory that kernels name before it exists. */
export interface Slot {
  readonly name: string;
  readonly bytes: number;
  /**
   * - "shared": its contents last from the first to the last call of one pass that names it;
   * - "kept": a buffer of its own, for the network's life;
   * - "foreign": a buffer that somebody else owns and that is named when the pass is recorded.
   */
  readonly lasts: "shared" | "kept" | "foreign";
}

/** Where something begins: `offset` bytes, a multiple of 256, into a slot. */
export interface Place {
  readonly slot: Slot;
  readonly offset: number;
}

/** One kernel on its operands. */
export interface Call {
  readonly kernel: GpuKernel;
  /** In the order of the kernel's bindings. */
  readonly operands: readonly Place[];
}

/** The beginning of a slot. */
export function place(slot: Slot, offset = 0): Place {
  return { slot, offset };
}

/**
 * A call with its operands by the names of the kernel's bindings.
 *
 * @throws Error if a binding has no operand or an operand no binding, or if the kernel would write a slot that it binds
 *   a second time, which WebGPU refuses unless all are written and lie apart
 */
export function call(kernel: GpuKernel, operands: Readonly<Record<string, Place>>): Call {
  const names = kernel.bindings.map(({ name }) => name);
  const unknown = Object.keys(operands).filter((name) => !names.includes(name));
  const missing = names.filter((name) => !(name in operands));
  if (unknown.length > 0 || missing.length > 0) {
    throw new Error(`${kernel.label}: its bindings are ${names}; missing are [${missing}], too many are [${unknown}].`);
  }
  const made = { kernel, operands: names.map((name) => operands[name] as Place) };
  checkAliases(made);
  return made;
}

function checkAliases({ kernel, operands }: Call): void {
  for (const [i, written] of operands.entries()) {
    if (kernel.bindings[i]?.access !== "read_write") continue;
    for (const [j, other] of operands.entries()) {
      if (i === j || other.slot !== written.slot) continue;
      if (kernel.bindings[j]?.access === "read_write" && other.offset !== written.offset) continue;
      throw new Error(
        `${kernel.label} writes "${written.slot.name}" as ${kernel.bindings[i]?.name} and also binds it as ` +
          `${kernel.bindings[j]?.name}. On WebGPU a layer cannot read and write pieces of one concatenation.`,
      );
    }
  }
}
