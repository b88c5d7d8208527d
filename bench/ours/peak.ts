import { fileURLToPath } from "node:url";
import asc from "assemblyscript/asc";
import { spread } from "../measure/statistics.ts";

export type Variant = "relaxed" | "simd";

const ACCUMULATORS = 10;
/** A multiplication and an addition in each of four lanes. */
const OPERATIONS = 8;
const TURNS = 7;
const ITERATIONS = 1_000_000;

/**
 * GFLOP/s of independent multiply–adds that never leave the registers, on one thread: what no kernel of this build
 * can exceed. Relaxed SIMD has them fused where the processor can, plain SIMD multiplies and adds.
 */
export async function multiplyAddPeak(variant: Variant, root: URL): Promise<number> {
  const spin = await compile(source(variant), variant, root);
  spin(ITERATIONS, 0);
  const rates = Array.from({ length: TURNS }, () => {
    const start = performance.now();
    spin(ITERATIONS, 0);
    return (ITERATIONS * ACCUMULATORS * OPERATIONS) / (performance.now() - start) / 1e6;
  });
  return spread(rates).most;
}

function source(variant: Variant): string {
  const sums = Array.from({ length: ACCUMULATORS }, (_, i) => `s${i}`);
  const next = (sum: string) =>
    variant === "relaxed" ? `f32x4.relaxed_madd(a, b, ${sum})` : `f32x4.add(f32x4.mul(a, b), ${sum})`;
  return `export function spin(n: i32, x: f32): f32 {
    const a = f32x4.splat(x);
    const b = f32x4.splat(x);
    ${sums.map((sum) => `let ${sum} = f32x4.splat(x);`).join("\n")}
    for (let i = 0; i < n; i++) { ${sums.map((sum) => `${sum} = ${next(sum)};`).join(" ")} }
    return f32x4.extract_lane(${sums.reduce((all, sum) => `f32x4.add(${all}, ${sum})`)}, 0);
  }`;
}

async function compile(text: string, variant: Variant, root: URL): Promise<(n: number, x: number) => number> {
  let binary: Uint8Array<ArrayBuffer> | null = null;
  const features = variant === "relaxed" ? "simd,relaxed-simd" : "simd";
  const { error, stderr } = await asc.main(
    ["spin.ts", "--baseDir", fileURLToPath(root), "--outFile", "spin.wasm", "-O3"].concat([
      "--noAssert",
      "--runtime",
      "stub",
      "--enable",
      features,
    ]),
    {
      readFile: (name) => (name === "spin.ts" ? text : null),
      writeFile: (name, contents) => {
        if (name === "spin.wasm" && typeof contents !== "string") binary = Uint8Array.from(contents);
      },
      listFiles: () => [],
    },
  );
  if (error || !binary) throw new Error(`The peak loop did not compile:\n${stderr}`);
  const instance = await WebAssembly.instantiate(await WebAssembly.compile(binary));
  return instance.exports.spin as (n: number, x: number) => number;
}
