/**
 * Compiles the AssemblyScript kernels of the engine (src/engine/wasm), of the detectors (src/engine/dense) and of
 * generators (src/engine/ops) into build/{relaxed,simd}.wasm of each folder and bundles its kernel thread for Node beside them. One source, two
 * builds: with and without fused multiply–add. All import a shared memory, so the same binaries run on one thread or
 * many. A stamp of the sources skips an unchanged build.
 */
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import asc from "assemblyscript/asc";
import { build } from "vite";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const engine = join(root, "src/engine");
/** Folder by folder, what goes into the binaries and into the bundled kernel thread. */
const sources = {
  wasm: ["wasm/assembly", "wasm", "wasm/node", "wasm/lowering", "plan"],
  dense: ["dense/assembly", "wasm/assembly", "dense", "dense/node"],
  ops: ["ops/assembly", "ops/assembly/gradients", "wasm/assembly", "dense/assembly", "dense", "ops/node"],
};
const variants = { simd: "simd,threads", relaxed: "simd,threads,relaxed-simd" };

function sourcesHash(folders) {
  const hash = createHash("sha256");
  const files = [fileURLToPath(import.meta.url), join(root, "node_modules/assemblyscript/package.json")];
  for (const folder of folders) {
    if (!existsSync(join(engine, folder))) continue;
    for (const name of readdirSync(join(engine, folder)).sort()) {
      if (name.endsWith(".ts") && !name.endsWith(".test.ts")) files.push(join(engine, folder, name));
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

async function compile(folder, variant, features) {
  const { error, stderr } = await asc.main([
    relative(root, join(engine, folder, "assembly/kernels.ts")),
    ...["--baseDir", root, "--outFile", relative(root, join(engine, folder, "build", `${variant}.wasm`))],
    ...["-O3", "--noAssert", "--runtime", "stub", "--enable", features, "--importMemory", "--sharedMemory"],
    ...["--initialMemory", "1", "--maximumMemory", "65536", "--zeroFilledMemory"],
  ]);
  if (error) throw new Error(`The ${variant} kernels of ${folder} did not compile:\n${stderr}`);
}

/** Node 20 cannot run TypeScript in a worker, so the kernel thread becomes one plain module. */
async function bundleNodeThread(folder) {
  await build({
    configFile: false,
    root,
    publicDir: false,
    logLevel: "warn",
    build: {
      ssr: join(engine, folder, "node/kernelThread.ts"),
      outDir: join(engine, folder, "build"),
      emptyOutDir: false,
      target: "node20",
      rollupOptions: { output: { entryFileNames: "kernelThread.mjs" } },
    },
  });
}

for (const [folder, folders] of Object.entries(sources)) {
  const out = join(engine, folder, "build");
  const stamp = join(out, "stamp");
  const hash = sourcesHash(folders);
  if (readIfThere(stamp) === hash) {
    console.log(`kernels (${folder}): up to date`);
    continue;
  }
  mkdirSync(out, { recursive: true });
  for (const [variant, features] of Object.entries(variants)) await compile(folder, variant, features);
  await bundleNodeThread(folder);
  writeFileSync(stamp, hash);
  console.log(`kernels (${folder}): compiled ${Object.keys(variants).join(" and ")}`);
}
