import { readFile } from "node:fs/promises";
import { setFlagsFromString } from "node:v8";
import { beforeAll, describe, expect, it } from "vitest";
import { Stream } from "../../random/stream.ts";

/**
 * The Winograd kernels against naive float64 loops. Errors are relative to the largest entry; the direct kernels
 * run beside them.
 */
interface Shape {
  readonly n: number;
  readonly cin: number;
  readonly cout: number;
  readonly height: number;
  readonly width: number;
}

type Kernels = Record<string, (...args: number[]) => void>;

const SHAPES: readonly Shape[] = [
  { n: 1, cin: 8, cout: 16, height: 4, width: 4 },
  { n: 3, cin: 24, cout: 8, height: 6, width: 6 },
  { n: 3, cin: 8, cout: 8, height: 8, width: 12 },
  { n: 1, cin: 16, cout: 24, height: 7, width: 5 },
  { n: 2, cin: 8, cout: 8, height: 32, width: 32 },
  { n: 1, cin: 256, cout: 8, height: 4, width: 4 },
];

/** Address of the first buffer; below it lies nothing. */
const START = 1024;

/** A linear memory with buffers handed out in order, a gap of NaN behind each, which nothing may read or write. */
class Lab {
  private next = START;
  private gaps: Float32Array[] = [];
  private constructor(
    readonly memory: WebAssembly.Memory,
    readonly kernels: Kernels,
  ) {}

  static async open(variant: "relaxed" | "simd"): Promise<Lab> {
    const memory = new WebAssembly.Memory({ initial: 1024, maximum: 65536, shared: true });
    const bytes = await readFile(new URL(`build/${variant}.wasm`, import.meta.url));
    const { instance } = await WebAssembly.instantiate(new Uint8Array(bytes), { env: { memory } });
    return new Lab(memory, instance.exports as Kernels);
  }

  reset(): void {
    this.next = START;
    this.gaps = [];
    new Float32Array(this.memory.buffer).fill(Number.NaN);
  }

  floats(address: number, count: number): Float32Array {
    return new Float32Array(this.memory.buffer, address, count);
  }

  place(values: Float32Array): number {
    const address = this.bytes(values.byteLength);
    this.floats(address, values.length).set(values);
    return address;
  }

  bytes(count: number): number {
    const address = this.next;
    this.next = Math.ceil((address + count + 64) / 64) * 64;
    this.gaps.push(this.floats(address + count, 16));
    return address;
  }

  kernel(name: string, ...args: number[]): void {
    (this.kernels[name] as (...args: number[]) => void)(...args);
    if (!this.gaps.every((gap) => gap.every(Number.isNaN))) throw new Error(`${name} wrote outside its buffers.`);
  }
}

/** [n][c/8][h + 2b][w + 2b][8] with border b from [n][c][h][w]. */
function blocked(values: Float32Array, n: number, c: number, h: number, w: number, b: number): Float32Array {
  const out = new Float32Array(n * c * (h + 2 * b) * (w + 2 * b));
  for (let i = 0; i < values.length; i++) out[blockedIndex(i, c, h, w, b)] = values[i] as number;
  return out;
}

function blockedIndex(i: number, c: number, h: number, w: number, b: number): number {
  const [x, y, k, n] = [i % w, Math.floor(i / w) % h, Math.floor(i / (w * h)) % c, Math.floor(i / (w * h * c))];
  return ((((n * c) / 8 + (k >> 3)) * (h + 2 * b) + y + b) * (w + 2 * b) + x + b) * 8 + (k & 7);
}

/** Panels [cout/8][(cin block, tap, 8 cin)][8] of weights [cout][cin][3][3]. */
function panelIndex(i: number, cin: number): number {
  const [tap, c, o] = [i % 9, Math.floor(i / 9) % cin, Math.floor(i / (9 * cin))];
  return (((o >> 3) * (cin / 8) + (c >> 3)) * 9 + tap) * 64 + (c & 7) * 8 + (o & 7);
}

/** The convolution's three sums in float64: every (output, weight, input) index triple. */
function eachProduct(s: Shape, visit: (y: number, w: number, x: number) => void): void {
  const { n, cin, cout, height, width } = s;
  for (let image = 0; image < n; image++)
    for (let o = 0; o < cout; o++)
      for (let c = 0; c < cin; c++)
        for (let row = 0; row < height; row++)
          for (let column = 0; column < width; column++)
            for (let tap = 0; tap < 9; tap++) {
              const i = row + Math.floor(tap / 3) - 1;
              const j = column + (tap % 3) - 1;
              if (i < 0 || j < 0 || i >= height || j >= width) continue;
              const y = ((image * cout + o) * height + row) * width + column;
              visit(y, (o * cin + c) * 9 + tap, ((image * cin + c) * height + i) * width + j);
            }
}

function error(actual: Float32Array, expected: Float64Array, index: (i: number) => number): number {
  let worst = 0;
  let largest = 0;
  expected.forEach((value, i) => {
    const difference = Math.abs((actual[index(i)] as number) - value);
    worst = Number.isNaN(difference) ? Number.POSITIVE_INFINITY : Math.max(worst, difference);
    largest = Math.max(largest, Math.abs(value));
  });
  return worst / largest;
}

describe.each(["relaxed", "simd"] as const)("Winograd kernels, %s", (variant) => {
  let lab: Lab;
  beforeAll(async () => {
    if (Number(process.versions.node.split(".")[0]) < 22) setFlagsFromString("--experimental-wasm-relaxed-simd");
    lab = await Lab.open(variant);
  });

  describe.each(SHAPES)("$n × $cin → $cout, $height × $width", (shape) => {
    const { n, cin, cout, height, width } = shape;
    const stream = new Stream(1, "winograd test");
    const random = (count: number) => Float32Array.from({ length: count }, () => stream.uniform(-1, 1));
    const x = random(n * cin * height * width);
    const w = random(cout * cin * 9);
    const dy = random(n * cout * height * width);
    const expected = {
      y: new Float64Array(dy.length),
      dx: new Float64Array(x.length),
      dw: new Float64Array(w.length),
    };
    const add = (to: Float64Array, i: number, value: number) => {
      to[i] = (to[i] as number) + value;
    };
    eachProduct(shape, (i, j, k) => {
      add(expected.y, i, (w[j] as number) * (x[k] as number));
      add(expected.dx, k, (w[j] as number) * (dy[i] as number));
      add(expected.dw, j, (dy[i] as number) * (x[k] as number));
    });
    const panels = new Float32Array(w.length);
    w.forEach((value, i) => {
      panels[panelIndex(i, cin)] = value;
    });

    /** Convolves `source` (`from` channels) to `to` channels, images in ranges that end at `ends`. */
    function run(mirrored: 0 | 1, group: number, ends: readonly number[], epilogue = false): Float32Array {
      lab.reset();
      const [from, to, source] = mirrored ? [cout, cin, dy] : [cin, cout, x];
      const input = lab.place(blocked(source, n, from, height, width, 1));
      const weights = lab.place(panels);
      const u = lab.bytes(36 * (from * to * 4 + 128));
      const output = lab.place(new Float32Array(n * to * height * width).fill(1));
      const bias = lab.place(Float32Array.from({ length: to }, (_, channel) => channel - 4));
      const scratch = lab.bytes(2048 + 36 * (group * (from + to) * 4 + 128));
      for (let panel = 0; panel < to / 8; panel++) {
        lab.kernel("winogradWeights", weights, u, panel, panel + 1, from / 8, to / 8, mirrored, scratch);
      }
      const row = (width + 2) * 32;
      const block = (height + 2) * row;
      let lo = 0;
      for (const hi of ends) {
        lab.kernel(
          "winogradConvolve",
          ...[input, u, output, lo, hi, group, height, width],
          ...[(from / 8) * block, block, row, 32, from / 8],
          ...[to * height * width * 4, height * width * 32, width * 32, 32, to / 8],
          ...(epilogue ? [output, bias, 1, scratch] : [0, 0, 1, scratch]),
        );
        lo = hi;
      }
      return lab.floats(output, n * to * height * width).slice();
    }

    /** The weight gradient of images in ranges that end at `ends`, each a partial sum. */
    function gradient(block: number, ends: readonly number[]): Float32Array {
      lab.reset();
      const input = lab.place(blocked(x, n, cin, height, width, 1));
      const output = lab.place(blocked(dy, n, cout, height, width, 1));
      const partial = lab.bytes(w.byteLength * ends.length);
      const dw = lab.bytes(w.byteLength);
      const tiles = Math.ceil(height / 4) * Math.ceil(width / 4);
      const scratch = lab.bytes(2048 + 4608 + 36 * (block * tiles * (cin + cout) * 4 + 128));
      const row = (width + 2) * 32;
      const plane = (height + 2) * row;
      ends.forEach((hi, part) => {
        lab.kernel(
          "winogradFilterGradient",
          ...[input, output + row + 32, partial + part * w.byteLength, ends[part - 1] ?? 0, hi, block, height],
          ...[width, (cin / 8) * plane, plane, row, 32, cin / 8, (cout / 8) * plane, plane, row, 32, cout / 8, scratch],
        );
      });
      lab.kernel("sumPartials", partial, dw, 0, 2, ends.length, w.byteLength);
      lab.kernel("sumPartials", partial, dw, 2, w.length / 8, ends.length, w.byteLength);
      return lab.floats(dw, w.length).slice();
    }

    /** The weight gradient in two steps: tiles of images in ranges that end at `ends`, then sums, item by item. */
    function sharedGradient(pass: number, ends: readonly number[]): Float32Array {
      lab.reset();
      const input = lab.place(blocked(x, n, cin, height, width, 1));
      const output = lab.place(blocked(dy, n, cout, height, width, 1));
      const dw = lab.bytes(w.byteLength);
      const count = n * Math.ceil(height / 4) * Math.ceil(width / 4);
      const capacity = count + 3;
      const tiles = lab.bytes(36 * (capacity * (cin + cout) * 4 + 128));
      const scratch = lab.bytes(6656);
      const row = (width + 2) * 32;
      const plane = (height + 2) * row;
      let lo = 0;
      for (const hi of ends) {
        lab.kernel(
          "winogradGradientTiles",
          ...[input, output + row + 32, tiles, lo, hi, capacity, height],
          ...[width, (cin / 8) * plane, plane, row, 32, cin / 8, (cout / 8) * plane, plane, row, 32, cout / 8, scratch],
        );
        lo = hi;
      }
      const items = (cin / 4) * (cout / 8);
      for (const [from, to] of [
        [0, 1],
        [1, items],
      ] as const) {
        lab.kernel("winogradGradientProducts", tiles, dw, from, to, count, capacity, pass, cin / 8, cout / 8, scratch);
      }
      return lab.floats(dw, w.length).slice();
    }

    const output = (i: number) => blockedIndex(i, cout, height, width, 0);
    const input = (i: number) => blockedIndex(i, cin, height, width, 0);
    const weight = (i: number) => panelIndex(i, cin);

    it("meets the oracle forward and backward", () => {
      const errors = [
        error(run(0, 64, [n]), expected.y, output),
        error(run(1, 64, [n]), expected.dx, input),
        error(gradient(n, [n]), expected.dw, weight),
        error(sharedGradient(5, [n]), expected.dw, weight),
      ];
      for (const e of errors) expect(e).toBeLessThan(1e-5);
    });

    it("adds what is there and a bias, then rectifies", () => {
      const plain = run(0, 8, [n]);
      const finished = run(0, 8, [n], true);
      for (let i = 0; i < dy.length; i++) {
        const channel = Math.floor(i / (height * width)) % cout;
        const sum = Math.fround((plain[output(i)] as number) + 1);
        const expectedValue = Math.max(Math.fround(sum + channel - 4), 0);
        if (finished[output(i)] !== expectedValue) {
          expect.fail(`element ${i}: ${finished[output(i)]} instead of ${expectedValue}`);
        }
      }
    });

    it("has the same bits however the images are split", () => {
      const ends = Array.from({ length: n }, (_, i) => i + 1);
      expect(run(0, 4, ends)).toEqual(run(0, 64, [n]));
      expect(run(1, 12, ends)).toEqual(run(1, 8, [n]));
      expect(error(gradient(1, ends), expected.dw, weight)).toBeLessThan(1e-5);
      expect(gradient(1, ends)).toEqual(gradient(1, [n]));
      expect(sharedGradient(8, ends)).toEqual(sharedGradient(8, [n]));
    });
  });
});
