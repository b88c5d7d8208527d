import { CheckpointError } from "./checkpointError.ts";
import { PickleBytes } from "./pickleValues.ts";

const utf8 = new TextDecoder("utf-8", { fatal: true });

/** The bytes end before the pickle does: more of them may help. */
export class TruncatedPickle extends CheckpointError {
  /** @param due byte that the bytes have to reach for what was to be read */
  constructor(
    message: string,
    readonly due: number,
  ) {
    super(message);
  }
}

/** What is kept of a bytes object. A stream of torch for one storage begins with some 400 bytes of pickles. */
const HEAD_BYTES = 4096;
/** Texts of one pickle, together: names, and the sources of StyleGAN's modules, some hundred kilobytes. */
const MAX_TEXT_BYTES = 2 ** 26;
const MAX_LINE_BYTES = 2 ** 16;

/** Reads the operands of pickle opcodes out of a window of bytes; every length is checked against what is left. */
export class PickleReader {
  private view: DataView;
  private base = 0;
  private textBytes = 0;

  /** @param size bytes that there are in all, beyond the window included */
  constructor(
    private bytes: Uint8Array,
    private at: number,
    private readonly size = bytes.length,
  ) {
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  }

  /** Goes on with the window `bytes`, whose first byte has the position `base`. */
  moveTo(base: number, bytes: Uint8Array): void {
    this.bytes = bytes;
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    this.base = base;
    this.at = 0;
  }

  /** Of the next byte. */
  get position(): number {
    return this.base + this.at;
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
    if (value > BigInt(this.size)) throw this.overrun(Number(value));
    return Number(value);
  }

  /** The pickle's only big-endian number. */
  float64(): number {
    return this.view.getFloat64(this.take(8), false);
  }

  /** Two's complement, little-endian; a number where it is exact, else a bigint. */
  long(length: number): number | bigint {
    if (length < 0)
      throw new CheckpointError(`Pickle byte ${this.position}: an integer with a length of ${length} bytes.`);
    if (length > 16) throw new CheckpointError(`Pickle byte ${this.position}: no number here needs ${length} bytes.`);
    const start = this.take(length);
    let value = 0n;
    for (let k = length - 1; k >= 0; k--) value = (value << 8n) | BigInt(this.bytes[start + k] as number);
    if (length > 0 && ((this.bytes[start + length - 1] as number) & 0x80) !== 0) value -= 1n << BigInt(8 * length);
    const exact = value >= BigInt(Number.MIN_SAFE_INTEGER) && value <= BigInt(Number.MAX_SAFE_INTEGER);
    return exact ? Number(value) : value;
  }

  text(length: number): string {
    const start = this.take(length);
    this.textBytes += length;
    if (this.textBytes > MAX_TEXT_BYTES) {
      throw new CheckpointError(`The pickle holds more than ${MAX_TEXT_BYTES} bytes of text: no checkpoint.`);
    }
    try {
      return utf8.decode(this.bytes.subarray(start, start + length));
    } catch (cause) {
      throw new CheckpointError(`Pickle byte ${this.base + start}: text that is not UTF-8.`, { cause });
    }
  }

  /** A bytes object, which may reach beyond the window. */
  raw(length: number): PickleBytes {
    const offset = this.position;
    if (length > this.size - offset) throw this.overrun(length);
    const start = this.take(Math.min(length, HEAD_BYTES));
    const head = new Uint8Array(this.bytes.subarray(start, this.at));
    this.at = start + length;
    return new PickleBytes(length, head, offset);
  }

  /** Up to the next newline, which is passed over. */
  line(): string {
    const end = this.bytes.indexOf(0x0a, this.at);
    if (end < 0 || end - this.at > MAX_LINE_BYTES) {
      const message = `Pickle byte ${this.position}: a line that never ends (truncated?).`;
      if (this.bytes.length - this.at > MAX_LINE_BYTES) throw new CheckpointError(message);
      throw new TruncatedPickle(message, this.base + this.bytes.length + 1);
    }
    const text = this.text(end - this.at);
    this.at++;
    return text;
  }

  /** A line in quotation marks, as Python's repr of plain text. */
  quoted(): string {
    const line = this.line();
    if (!/^(["'])[^\\]*\1$/.test(line)) {
      throw new CheckpointError(`Pickle byte ${this.position}: quoted text that is not plain.`);
    }
    return line.slice(1, -1);
  }

  private take(length: number): number {
    if (length > this.bytes.length - this.at) throw this.overrun(length);
    const start = this.at;
    this.at += length;
    return start;
  }

  private overrun(length: number): TruncatedPickle {
    const left = Math.max(0, this.size - this.position);
    return new TruncatedPickle(
      `The pickle is truncated: ${length} bytes are due at byte ${this.position}, ${left} are left.`,
      this.position + length,
    );
  }
}
