import { descriptor } from "../../wasm/lowering/buffers.ts";
import type { Shape, Value } from "../imageOps.ts";
import { Scopes } from "../scopes.ts";
import { elements } from "../shapes.ts";
import { MapValue } from "./mapValue.ts";
import type { Recorder } from "./recorder.ts";

/** A chunk of planes that one thread takes is at least about this large. */
const CHUNK_BYTES = 65536;

/** What operations on the arena are recorded with: values and their memory, and the recorder. */
export class Device {
  private readonly scopes = new Scopes<MapValue>((value) => this.recorder.arena.give(value.address));

  constructor(readonly recorder: Recorder) {}

  /** A value of the innermost scope whose numbers the next task has to write. Border: 1 where there is more than a pixel. */
  create(shape: Shape, border: number = shape[2] * shape[3] > 1 ? 1 : 0): MapValue {
    return this.scopes.own(this.temporary(shape, border));
  }

  /** Likewise outside of scopes; the caller gives its address back to the arena. */
  temporary(shape: Shape, border: number): MapValue {
    elements(shape);
    const sizes = new MapValue([...shape], border, 0);
    return new MapValue(sizes.shape, border, this.recorder.arena.take(sizes.bytes));
  }

  /** @throws Error if the value is freed or not of here */
  get(value: Value): MapValue {
    return this.scopes.get(value);
  }

  orNull(value: Value | null | undefined): MapValue | null {
    return value ? this.get(value) : null;
  }

  scope<T extends Value | readonly Value[]>(work: () => T): T {
    return this.scopes.scope(work);
  }

  free(value: Value): void {
    this.scopes.free(value);
  }

  clear(): void {
    this.scopes.clear();
  }

  /** What a kernel reads to find its way in a map (assembly/map.ts), for the next task. */
  describe(map: MapValue): number {
    return this.recorder.ints(descriptor(map.buffer));
  }

  /** Records one kernel over the planes (image, block) of `over`. */
  planes(over: MapValue, kernel: string, args: readonly number[], scratchBytes = 0): void {
    this.items(over.planes, over.planeBytes, kernel, args, scratchBytes);
  }

  /** Records one kernel over items that touch about `bytes` each. */
  items(items: number, bytes: number, kernel: string, args: readonly number[], scratchBytes = 0): void {
    const chunk = Math.max(1, Math.floor(CHUNK_BYTES / bytes));
    this.recorder.record({ calls: [{ kernel, args }], items, chunk }, scratchBytes);
  }

  /** `map` itself, or a temporary copy with such a border: `use` sees it, then it is freed. */
  withBorder<T>(map: MapValue, accepts: (border: number) => boolean, border: number, use: (map: MapValue) => T): T {
    if (accepts(map.border)) return use(map);
    const copy = this.temporary(map.shape, border);
    this.copyChannels(map, copy, 0, 0, map.shape[1]);
    const result = use(copy);
    this.recorder.arena.give(copy.address);
    return result;
  }

  /** Channels from … of x become channels at … at + count − 1 of y. */
  copyChannels(x: MapValue, y: MapValue, from: number, at: number, count: number): void {
    const touched = Math.ceil((at + count) / 8) - Math.floor(at / 8);
    this.items(y.shape[0] * touched, y.planeBytes, "copyChannels", [
      ...[this.describe(x), this.describe(y), from, at, count, touched],
    ]);
  }

  /** Row-major numbers at an address → map. */
  pack(from: number, to: MapValue): void {
    this.planes(to, "pack", [from, this.describe(to), to.shape[1]]);
  }

  /** Map → row-major numbers at an address. */
  unpack(from: MapValue, to: number): void {
    this.planes(from, "unpack", [this.describe(from), to, from.shape[1]]);
  }
}
