/** Far above what the shapes of one network need. */
const LIMIT = 2048;

/**
 * Bind groups by layout and buffers, so that a repeated step creates none. Owned by whoever repeats the step: it keeps
 * the buffers that its groups name.
 */
export class BindGroupCache {
  private readonly groups = new Map<string, GPUBindGroup>();

  find(device: GPUDevice, descriptor: GPUBindGroupDescriptor): GPUBindGroup {
    const key = keyOf(descriptor);
    const known = this.groups.get(key);
    if (known) return known;
    if (this.groups.size >= LIMIT) this.groups.clear();
    const group = device.createBindGroup(descriptor);
    this.groups.set(key, group);
    return group;
  }

  clear(): void {
    this.groups.clear();
  }
}

const identities = new WeakMap<object, number>();
let next = 0;

/** A number for every object, in the order in which they were first seen. */
export function identity(object: object): number {
  const known = identities.get(object);
  if (known !== undefined) return known;
  identities.set(object, next);
  return next++;
}

function keyOf({ layout, entries }: GPUBindGroupDescriptor): string {
  let key = `${identity(layout)}`;
  for (const { binding, resource } of entries) {
    key +=
      "buffer" in resource
        ? `|${binding}:${identity(resource.buffer)},${resource.offset ?? 0},${resource.size ?? ""}`
        : `|${binding}:${identity(resource)}`;
  }
  return key;
}
