import type { ImageOps } from "../../engine/ops/imageOps.ts";
import type { GeneratorNetwork } from "../architectures/architecture.ts";

interface Slot {
  loaded: { readonly key: string; readonly network: GeneratorNetwork } | null;
  /** Ends when what was asked for before has been done. */
  tail: Promise<unknown>;
}

/** One network at a time lies on a device: the one that was used last. */
const slots = new WeakMap<ImageOps, Slot>();

/**
 * Runs `work` with the network called `key`, loading it where it is not the one on the device. Calls take turns, since
 * a network makes one batch at a time.
 */
export function withNetwork<T>(
  ops: ImageOps,
  key: string,
  load: () => Promise<GeneratorNetwork>,
  work: (network: GeneratorNetwork) => Promise<T>,
): Promise<T> {
  const slot = slots.get(ops) ?? { loaded: null, tail: Promise.resolve() };
  slots.set(ops, slot);
  const result = slot.tail.then(async () => {
    if (slot.loaded?.key !== key) {
      slot.loaded?.network.dispose();
      slot.loaded = null;
      slot.loaded = { key, network: await load() };
    }
    return work(slot.loaded.network);
  });
  slot.tail = result.catch(() => undefined);
  return result;
}

/** Takes the network called `key` off the device. */
export async function unloadNetwork(ops: ImageOps, key: string): Promise<void> {
  const slot = slots.get(ops);
  await slot?.tail;
  if (slot?.loaded?.key !== key) return;
  slot.loaded.network.dispose();
  slot.loaded = null;
}
