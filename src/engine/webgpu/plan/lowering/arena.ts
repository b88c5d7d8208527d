/** Bytes that bindings begin at a multiple of. */
const ALIGNMENT = 256;

/** A tensor's place in an arena, in floats. */
export interface Segment {
  readonly offset: number;
  readonly length: number;
}

/**
 * Tensors one after the other, so that one dispatch treats them all. Each begins where a binding may; the floats
 * between them are zero and stay zero.
 */
export class ArenaLayout {
  private end = 0;

  /** Appends a tensor of so many floats. */
  add(length: number): Segment {
    const segment = { offset: this.end, length };
    this.end += Math.ceil((length * 4) / ALIGNMENT) * (ALIGNMENT / 4);
    return segment;
  }

  /** Floats so far, padding included. */
  get length(): number {
    return this.end;
  }
}
