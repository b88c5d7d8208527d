import { readFile } from "node:fs/promises";
import type { Bench } from "../case.ts";
import { layout } from "../kernelsCalls.mjs";
import type { Contestant, Opening } from "../measure/contestant.ts";
import { multiplyAddPeak, type Variant } from "./peak.ts";

/** A convolution as kernelsCalls.mjs lays it out: square maps, padding (kernel − 1) / 2. */
export interface ConvolutionShape {
  /** Input channels; the kernels' first layer has 4, of which the network uses 3. */
  readonly cin: number;
  readonly cout: number;
  /** Input height = width. */
  readonly size: number;
  readonly kernel: number;
  readonly stride: number;
}

/** Transformed tiles that the Winograd kernels keep in the cache, as the default of bench/kernels.mjs. */
const GROUP_BYTES = 512 * 1024;

export const PASSES = ["forward", "dX", "dW"] as const;
export type Pass = (typeof PASSES)[number];

type Calls = Readonly<Record<Pass, Readonly<Record<string, () => void>>>>;

/** The wasm kernels of one shape, in every variant that works here, each kernel a contestant on one thread. */
export class KernelContestants {
  private readonly modules = new Map<Variant, { module: WebAssembly.Module; peak: number }>();
  private laidOut: { readonly key: string; readonly calls: Calls } | null = null;

  constructor(private readonly bench: Bench) {}

  /** Compiles the kernels and measures each variant's peak. */
  async load(): Promise<void> {
    for (const backend of this.bench.backends) {
      if (backend !== "wasm-relaxed" && backend !== "wasm-simd") continue;
      const variant: Variant = backend === "wasm-relaxed" ? "relaxed" : "simd";
      const file = new URL(`src/engine/wasm/build/${variant}.wasm`, this.bench.root);
      const module = await WebAssembly.compile(new Uint8Array(await readFile(file)));
      this.modules.set(variant, { module, peak: await multiplyAddPeak(variant, this.bench.root) });
    }
  }

  /** "relaxed 47.1 GFLOP/s, simd 35.0 GFLOP/s" */
  get peaks(): string {
    return [...this.modules].map(([variant, { peak }]) => `${variant} ${peak.toFixed(1)} GFLOP/s`).join(", ");
  }

  /** Openings of every kernel that can do `pass` of the shape. */
  of(shape: ConvolutionShape, images: number, pass: Pass): Opening[] {
    return [...this.modules.keys()].flatMap((variant) =>
      this.kernelsOf(shape, pass).map(
        (kernel): Opening =>
          () =>
            this.open(variant, shape, images, pass, kernel),
      ),
    );
  }

  /** The names of the kernels of a pass, from a layout of one image. */
  private kernelsOf(shape: ConvolutionShape, pass: Pass): string[] {
    const [variant] = this.modules.keys();
    return variant ? Object.keys(this.calls(variant, shape, 1)[pass]) : [];
  }

  private async open(
    variant: Variant,
    shape: ConvolutionShape,
    images: number,
    pass: Pass,
    kernel: string,
  ): Promise<Contestant> {
    const run = this.calls(variant, shape, images)[pass][kernel];
    if (!run) throw new Error(`there is no ${pass} kernel "${kernel}" of ${JSON.stringify(shape)}`);
    return {
      name: `wasm-${variant}`,
      device: this.bench.machine.processor,
      threads: 1,
      kernel,
      peak: this.modules.get(variant)?.peak ?? Number.NaN,
      turn: async (times) => {
        const start = performance.now();
        for (let i = 0; i < times; i++) run();
        return (performance.now() - start) / 1000;
      },
      close: async () => {
        this.laidOut = null;
      },
    };
  }

  /** The last layout is kept: the kernels of a pass share it. */
  private calls(variant: Variant, shape: ConvolutionShape, images: number): Calls {
    const key = JSON.stringify([variant, shape, images]);
    if (this.laidOut?.key === key) return this.laidOut.calls;
    const { module } = this.modules.get(variant) as { module: WebAssembly.Module };
    const memory = new WebAssembly.Memory({ initial: 1, maximum: 65536, shared: true });
    const kernels = new WebAssembly.Instance(module, { env: { memory } }).exports;
    const calls = layout(memory, kernels, shape, images, GROUP_BYTES) as unknown as Calls;
    this.laidOut = { key, calls };
    return calls;
  }
}
