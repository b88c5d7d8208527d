const PAGE = 65536;
/** Cache lines, and the next one that the processor fetches along. */
const ALIGNMENT = 128;
/** What memories grow by at least. */
const GROWTH = 16 << 20;

interface Range {
  address: number;
  bytes: number;
  /** The recording during which its last part was freed. */
  since: number;
}

/**
 * Addresses in one shared memory, which grows up to 4 GB and never shrinks.
 *
 * Recorded work runs in order, so what is freed while recording may be handed out to later recorded work at once. Only
 * who writes *now*, beside the recorded work, must take memory that no recorded work still uses.
 */
export class Arena {
  readonly memory: WebAssembly.Memory;
  /** By address; neighbours are merged. */
  private readonly gaps: Range[] = [];
  private readonly taken = new Map<number, number>();
  private top: number;
  private held = 0;
  /** The recording that goes on, and the last one that was run. */
  private recording = 0;
  private completed = -1;

  /** @param reserved bytes at the beginning that are not handed out */
  constructor(reserved: number) {
    const pages = Math.ceil(reserved / PAGE);
    this.memory = new WebAssembly.Memory({ initial: pages, maximum: 65536, shared: true });
    this.top = pages * PAGE;
  }

  /** Bytes handed out. */
  get bytes(): number {
    return this.held;
  }

  /** For recorded work. @throws RangeError where there is not so much memory */
  take(bytes: number): number {
    return this.find(bytes, this.recording);
  }

  /** For writing at once. @throws RangeError where there is not so much memory */
  takeNow(bytes: number): number {
    return this.find(bytes, this.completed);
  }

  give(address: number): void {
    const bytes = this.taken.get(address);
    if (bytes === undefined) throw new Error(`Nothing was handed out at ${address}.`);
    this.taken.delete(address);
    this.held -= bytes;
    this.insert({ address, bytes, since: this.recording });
  }

  floats(address: number, length: number): Float32Array<ArrayBufferLike> {
    return new Float32Array(this.memory.buffer, address, length);
  }

  /** Another recording begins. @returns the number of the one that ends */
  nextRecording(): number {
    return this.recording++;
  }

  /** Recordings were run up to this one. */
  complete(recording: number): void {
    this.completed = recording;
    this.mergeAll(false);
  }

  /** @param newest gaps that were in use by later recordings than this one are left out */
  private find(wanted: number, newest: number): number {
    const bytes = Math.max(1, Math.ceil(wanted / ALIGNMENT)) * ALIGNMENT;
    let best: Range | null = null;
    for (const gap of this.gaps) {
      if (gap.bytes >= bytes && gap.since <= newest && (best === null || gap.bytes < best.bytes)) best = gap;
    }
    if (best === null) {
      const merged = newest === this.recording && this.mergeAll(true);
      if (!merged) this.grow(bytes);
      return this.find(wanted, newest);
    }
    const { address } = best;
    best.address += bytes;
    best.bytes -= bytes;
    if (best.bytes === 0) this.gaps.splice(this.gaps.indexOf(best), 1);
    this.taken.set(address, bytes);
    this.held += bytes;
    return address;
  }

  private grow(bytes: number): void {
    const pages = Math.ceil(Math.max(bytes, GROWTH) / PAGE);
    try {
      this.memory.grow(pages);
    } catch (cause) {
      const [more, now] = [bytes, this.top].map((count) => Math.ceil(count / 2 ** 20));
      throw new RangeError(`${more} MB more are needed, but the memory of ${now} MB cannot grow by that.`, { cause });
    }
    this.insert({ address: this.top, bytes: pages * PAGE, since: -1 });
    this.top += pages * PAGE;
  }

  private insert(range: Range): void {
    const { gaps } = this;
    let at = gaps.length;
    while (at > 0 && (gaps[at - 1] as Range).address > range.address) at--;
    gaps.splice(at, 0, range);
    this.merge(at, false);
    this.merge(at - 1, false);
  }

  /** Merges neighbours, also those that were freed at different times: then they count as freed last. */
  private mergeAll(ofAnyAge: boolean): boolean {
    const before = this.gaps.length;
    for (let at = this.gaps.length - 2; at >= 0; at--) this.merge(at, ofAnyAge);
    return this.gaps.length < before;
  }

  /** Merges a gap with the next one if they touch. */
  private merge(at: number, ofAnyAge: boolean): void {
    const [a, b] = [this.gaps[at], this.gaps[at + 1]];
    if (!a || !b || a.address + a.bytes !== b.address) return;
    const unused = a.since <= this.completed && b.since <= this.completed;
    if (a.since !== b.since && !unused && !ofAnyAge) return;
    a.bytes += b.bytes;
    a.since = Math.max(a.since, b.since);
    this.gaps.splice(at + 1, 1);
  }
}
