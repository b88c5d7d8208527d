import { CheckpointError } from "./checkpointError.ts";

const utf8 = new TextDecoder("utf-8", { fatal: true });

/** The bytes end before the pickle does: more of them may help. */
export class TruncatedPickle extends CheckpointError {}

/** Reads the operands of pickle opcodes; every length is checked against the bytes that are left. */
export class PickleReader {
  private readonly view: DataView;

  constructor(
    private readonly bytes: Uint8Array,
    private at: number,
  ) {
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  }

  /** Of the next byte, for messages. */
  get position(): number {
    return this.at;
  }

  uint8(): number {
    return this.view.getUint8(this.take(1));
  }

  uint16(): number {
    return this.view.getUint16(this.take(2), true);
  }

  int32(): number {
    return this.view.getInt32(this.take(4), true);
  }

  uint32(): number {
    return this.view.getUint32(this.take(4), true);
  }

  /** A 64-bit length. */
  length64(): number {
    const value = this.view.getBigUint64(this.take(8), true);
    if (value > BigInt(this.bytes.length)) throw this.overrun(`${value}`);
    return Number(value);
  }

  /** The pickle's only big-endian number. */
  float64(): number {
    return this.view.getFloat64(this.take(8), false);
  }

  /** Two's complement, little-endian; a number where it is exact, else a bigint. */
  long(length: number): number | bigint {
    if (length < 0) throw new CheckpointError(`Pickle byte ${this.at}: an integer with a length of ${length} bytes.`);
    if (length > 16) throw new CheckpointError(`Pickle byte ${this.at}: no number here needs ${length} bytes.`);
    const start = this.take(length);
    let value = 0n;
    for (let k = length - 1; k >= 0; k--) value = (value << 8n) | BigInt(this.bytes[start + k] as number);
    if (length > 0 && ((this.bytes[start + length - 1] as number) & 0x80) !== 0) value -= 1n << BigInt(8 * length);
    const exact = value >= BigInt(Number.MIN_SAFE_INTEGER) && value <= BigInt(Number.MAX_SAFE_INTEGER);
    return exact ? Number(value) : value;
  }

  text(length: number): string {
    const start = this.take(length);
    try {
      return utf8.decode(this.bytes.subarray(start, start + length));
    } catch (cause) {
      throw new CheckpointError(`Pickle byte ${start}: text that is not UTF-8.`, { cause });
    }
  }

  /** A view of the pickle itself, not a copy. */
  raw(length: number): Uint8Array {
    const start = this.take(length);
    return this.bytes.subarray(start, start + length);
  }

  /** Up to the next newline, which is passed over. */
  line(): string {
    const end = this.bytes.indexOf(0x0a, this.at);
    if (end < 0) throw new TruncatedPickle(`Pickle byte ${this.at}: a line that never ends (truncated?).`);
    const text = this.text(end - this.at);
    this.at++;
    return text;
  }

  /** A line in quotation marks, as Python's repr of plain text. */
  quoted(): string {
    const line = this.line();
    if (!/^(["'])[^\\]*\1$/.test(line)) {
      throw new CheckpointError(`Pickle byte ${this.at}: quoted text that is not plain.`);
    }
    return line.slice(1, -1);
  }

  private take(length: number): number {
    if (length > this.bytes.length - this.at) throw this.overrun(String(length));
    const start = this.at;
    this.at += length;
    return start;
  }

  private overrun(length: string): TruncatedPickle {
    const left = this.bytes.length - this.at;
    return new TruncatedPickle(
      `The pickle is truncated: ${length} bytes are due at byte ${this.at}, ${left} are left.`,
    );
  }
}
