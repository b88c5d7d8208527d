/** Stand-ins for WebGPU's objects: they hold no data, but know what a real device would refuse. */

export class FakeBuffer {
  destroyed = false;
  mapState: GPUBufferMapState;
  private mapped: ArrayBuffer | null;

  constructor(
    readonly size: number,
    readonly usage: number,
    readonly label: string,
    mapped: boolean,
    private readonly onDestroy: (buffer: FakeBuffer) => void,
  ) {
    this.mapped = mapped ? new ArrayBuffer(size) : null;
    this.mapState = mapped ? "mapped" : "unmapped";
  }

  async mapAsync(): Promise<void> {
    if (this.mapState !== "unmapped") throw new Error(`The buffer "${this.label}" is ${this.mapState}.`);
    this.mapped = new ArrayBuffer(this.size);
    this.mapState = "mapped";
  }

  getMappedRange(offset = 0, size = this.size - offset): ArrayBuffer {
    if (!this.mapped) throw new Error(`The buffer "${this.label}" is not mapped.`);
    return offset === 0 && size === this.size ? this.mapped : this.mapped.slice(offset, offset + size);
  }

  unmap(): void {
    this.mapped = null;
    this.mapState = "unmapped";
  }

  destroy(): void {
    if (this.destroyed) return;
    this.destroyed = true;
    this.unmap();
    this.onDestroy(this);
  }
}

/** Never made: tfjs asks whether a resource is one. */
export class FakeTexture {}

export class FakeLayout {
  constructor(readonly entries: readonly GPUBindGroupLayoutEntry[] | null) {}
}

export class FakePipeline {
  constructor(readonly layout: FakeLayout) {}

  /** A new object at every call, as the standard has it. */
  getBindGroupLayout(): FakeLayout {
    return new FakeLayout(this.layout.entries);
  }
}

export interface BoundRange {
  readonly buffer: FakeBuffer;
  readonly offset: number;
  readonly size: number;
  /** null where the layout came from the shader. */
  readonly type: GPUBufferBindingType | null;
}

export class FakeBindGroup {
  readonly ranges: readonly BoundRange[];

  constructor(descriptor: { layout: FakeLayout; entries: Iterable<GPUBindGroupEntry> }) {
    const { entries } = descriptor.layout;
    this.ranges = [...descriptor.entries].map(({ binding, resource }) => {
      const {
        buffer,
        offset = 0,
        size,
      } = resource as unknown as { buffer: FakeBuffer; offset?: number; size?: number };
      const type = entries?.find((entry) => entry.binding === binding)?.buffer?.type ?? null;
      return { buffer, offset, size: size ?? buffer.size - offset, type };
    });
    if (entries && entries.length !== this.ranges.length) {
      throw new Error(`A layout of ${entries.length} bindings got ${this.ranges.length}.`);
    }
    for (const { buffer, offset, size } of this.ranges) {
      if (offset % 256) throw new Error(`"${buffer.label}" is bound at ${offset}, which is no multiple of 256.`);
      if (size < 1 || offset + size > buffer.size) {
        throw new Error(`"${buffer.label}" of ${buffer.size} bytes is bound from ${offset} for ${size} bytes.`);
      }
    }
  }

  /** The rule of usage scopes: in one dispatch a buffer is read, or written, and written ranges do not overlap. */
  check(): void {
    for (const written of this.ranges) {
      if (written.buffer.destroyed) throw new Error(`The destroyed buffer "${written.buffer.label}" is used.`);
      if (written.type !== "storage") continue;
      for (const other of this.ranges) {
        if (other === written || other.buffer !== written.buffer) continue;
        const apart = other.offset >= written.offset + written.size || written.offset >= other.offset + other.size;
        if (other.type === "storage" && apart) continue;
        throw new Error(`"${written.buffer.label}" is written and bound a second time in one dispatch.`);
      }
    }
  }
}
