/**
 * Convolution kernels of the WebAssembly device, one thread: every distinct convolution of ResNet-18 (32 pixels),
 * direct against Winograd, in turn. GFLOP/s count the useful operations of the direct form, whatever the kernel
 * does, so that figures compare; the peak is this core's measured multiply–add rate in the same build.
 *
 * node bench/kernels.mjs [--width 8,16,64] [--variant relaxed,simd] [--images 64] [--rounds 5]
 *   [--only "64→64"] [--build FOLDER] [--json FILE]
 */
import { readFileSync, writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { setFlagsFromString } from "node:v8";
import asc from "assemblyscript/asc";
import { layout, operations, resnet18Shapes } from "./kernelsCalls.mjs";

// Node 20 hides relaxed SIMD behind this flag; it must be set before the first module that needs it is seen.
if (Number(process.versions.node.split(".")[0]) < 22) setFlagsFromString("--experimental-wasm-relaxed-simd");

const { values: options } = parseArgs({
  options: {
    width: { type: "string", default: "8,16,64" },
    variant: { type: "string", default: "relaxed,simd" },
    build: { type: "string", default: new URL("../src/engine/wasm/build/", import.meta.url).pathname },
    images: { type: "string", default: "64" },
    rounds: { type: "string", default: "5" },
    only: { type: "string", default: "" },
    json: { type: "string" },
  },
});

/** Shortest time of a sample, in ms. */
const SAMPLE = 25;

/** Runs the contestants in turn, `rounds` samples each; the median ms of one run of each. */
function alternate(contestants, rounds) {
  const samples = contestants.map((run) => {
    run();
    const begin = performance.now();
    run();
    return { run, repeats: Math.max(1, Math.ceil(SAMPLE / (performance.now() - begin))), times: [] };
  });
  for (let round = 0; round < rounds; round++) {
    for (const { run, repeats, times } of samples) {
      const begin = performance.now();
      for (let i = 0; i < repeats; i++) run();
      times.push((performance.now() - begin) / repeats);
    }
  }
  return samples.map(({ times }) => times.sort((a, b) => a - b)[times.length >> 1]);
}

/** GFLOP/s of independent multiply–adds that stay in registers. */
async function peak(variant) {
  const name = (i) => `c${i}`;
  const ids = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9].map(name);
  const madd = (c) => (variant === "relaxed" ? `f32x4.relaxed_madd(a, b, ${c})` : `f32x4.add(f32x4.mul(a, b), ${c})`);
  const source = `export function spin(n: i32, x: f32): f32 {
    const a = f32x4.splat(x); const b = f32x4.splat(x); let ${ids.map((c) => `${c} = f32x4.splat(x)`).join(", ")};
    for (let i = 0; i < n; i++) { ${ids.map((c) => `${c} = ${madd(c)};`).join(" ")} }
    return f32x4.extract_lane(${ids.reduce((sum, c) => `f32x4.add(${sum}, ${c})`)}, 0); }`;
  let binary;
  const { error, stderr } = await asc.main(
    [
      "spin.ts",
      "--outFile",
      "spin.wasm",
      "-O3",
      "--runtime",
      "stub",
      "--enable",
      `simd${variant === "relaxed" ? ",relaxed-simd" : ""}`,
    ],
    {
      readFile: (file) => (file === "spin.ts" ? source : null),
      writeFile: (file, bytes) => {
        if (file === "spin.wasm") binary = bytes;
      },
      listFiles: () => [],
    },
  );
  if (error) throw new Error(`The peak loop did not compile:\n${stderr}`);
  const { instance } = await WebAssembly.instantiate(binary, { env: { abort() {} } });
  const runs = 1_000_000;
  const [ms] = alternate([() => instance.exports.spin(runs, 0)], 7);
  return (runs * ids.length * 8) / ms / 1e6;
}

const rows = [];
for (const variant of options.variant.split(",")) {
  const module = new WebAssembly.Module(readFileSync(`${options.build}/${variant}.wasm`));
  const top = await peak(variant);
  console.log(`\n${variant}: peak ${top.toFixed(1)} GFLOP/s on this core`);
  for (const width of options.width.split(",").map(Number)) {
    for (const shape of resnet18Shapes(width)) {
      if (
        !`${shape.cin}→${shape.cout} ${shape.size}px ${shape.kernel}×${shape.kernel}/${shape.stride}`.includes(
          options.only,
        )
      )
        continue;
      const memory = new WebAssembly.Memory({ initial: 1, maximum: 65536, shared: true });
      const kernels = new WebAssembly.Instance(module, { env: { memory } }).exports;
      const images = Number(options.images);
      const calls = layout(memory, kernels, shape, images);
      const flops = operations(shape) * images;
      const label = `w${width} ${shape.cin}→${shape.cout} ${shape.size}px ${shape.kernel}×${shape.kernel}/${shape.stride} ×${shape.count}`;
      for (const role of ["forward", "dX", "dW"]) {
        const names = Object.keys(calls[role]);
        if (names.length === 0) continue;
        const times = alternate(
          names.map((name) => calls[role][name]),
          Number(options.rounds),
        );
        const line = names.map((name, i) => {
          const rate = flops / times[i] / 1e6;
          rows.push({
            variant,
            width,
            ...shape,
            role,
            kernel: name,
            images,
            ms: times[i],
            gflops: rate,
            ofPeak: rate / top,
          });
          return `${name} ${rate.toFixed(1).padStart(6)} (${((100 * rate) / top).toFixed(0).padStart(3)} %)`;
        });
        console.log(
          `${label.padEnd(28)} ${role.padEnd(8)} ${line.join("   ")}   best ${(times[0] / Math.min(...times)).toFixed(2)}×`,
        );
      }
      if (calls.weights) {
        const [ms] = alternate([calls.weights], Number(options.rounds));
        console.log(`${label.padEnd(28)} weights transformed for both directions: ${ms.toFixed(3)} ms per step`);
      }
    }
  }
}
if (options.json) writeFileSync(options.json, `${JSON.stringify(rows, null, 1)}\n`);
