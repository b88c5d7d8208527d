/**
 * Compiles the AssemblyScript kernels into src/engine/wasm/build/{relaxed,simd}.wasm and bundles the kernel
 * thread for Node beside them. One source, two builds: with and without fused multiply–add. Both import a shared
 * memory, so the same binaries run on one thread or many. A stamp of the sources skips an unchanged build.
 */
import { createHash } from "node:crypto";
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import asc from "assemblyscript/asc";
import { build } from "vite";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const wasm = join(root, "src/engine/wasm");
const assembly = join(wasm, "assembly");
const out = join(wasm, "build");
/** What goes into the binaries and into the bundled kernel thread. */
const sources = [assembly, wasm, join(wasm, "node"), join(wasm, "lowering"), join(root, "src/engine/plan")];
const variants = { simd: "simd,threads", relaxed: "simd,threads,relaxed-simd" };

function sourcesHash() {
  const hash = createHash("sha256");
  const files = [fileURLToPath(import.meta.url), join(root, "node_modules/assemblyscript/package.json")];
  for (const folder of sources) {
    for (const name of readdirSync(folder).sort()) {
      if (name.endsWith(".ts") && !name.endsWith(".test.ts")) files.push(join(folder, name));
    }
  }
  for (const file of files) hash.update(relative(root, file)).update("\0").update(readFileSync(file)).update("\0");
  return hash.digest("hex");
}

function readIfThere(path) {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    if (error.code === "ENOENT") return null;
    throw error;
  }
}

async function compile(variant, features) {
  const { error, stderr } = await asc.main([
    relative(root, join(assembly, "kernels.ts")),
    ...["--baseDir", root, "--outFile", relative(root, join(out, `${variant}.wasm`))],
    ...["-O3", "--noAssert", "--runtime", "stub", "--enable", features, "--importMemory", "--sharedMemory"],
    ...["--initialMemory", "1", "--maximumMemory", "65536", "--zeroFilledMemory"],
  ]);
  if (error) throw new Error(`The ${variant} kernels did not compile:\n${stderr}`);
}

/** Node 20 cannot run TypeScript in a worker, so the kernel thread becomes one plain module. */
async function bundleNodeThread() {
  await build({
    configFile: false,
    root,
    publicDir: false,
    logLevel: "warn",
    build: {
      ssr: join(wasm, "node/kernelThread.ts"),
      outDir: out,
      emptyOutDir: false,
      target: "node20",
      rollupOptions: { output: { entryFileNames: "kernelThread.mjs" } },
    },
  });
}

const stamp = join(out, "stamp");
const hash = sourcesHash();
if (readIfThere(stamp) === hash) {
  console.log("kernels: up to date");
} else {
  mkdirSync(out, { recursive: true });
  for (const [variant, features] of Object.entries(variants)) await compile(variant, features);
  await bundleNodeThread();
  writeFileSync(stamp, hash);
  console.log(`kernels: compiled ${Object.keys(variants).join(" and ")}`);
}
