import type { Benchmark } from "../../data/benchmark.ts";
import type { GeneratorContext } from "../../generators/generator.ts";
import { createGenerator } from "../../generators/registry.ts";
import type { Store } from "../../storage/store.ts";
import { WorkbenchError } from "../../study/errors.ts";
import type { PoolForm, PoolRecord, PoolRoom, PoolSpec } from "../../study/pool.ts";
import { bytesPerImage, listPools, poolForm, poolId, readPoolRecord } from "./poolRecord.ts";

/** What filling a pool needs, and the pools that could go where it does not fit. Nothing is deleted here. */
export async function poolRoom(
  generators: GeneratorContext,
  benchmark: Benchmark,
  spec: PoolSpec,
  asked: PoolForm | null,
): Promise<PoolRoom> {
  const { store } = generators;
  const generator = await createGenerator(spec.generator, benchmark, generators);
  const id = poolId(spec, generator.fingerprint);
  const known = await readPoolRecord(store, id);
  const perImage = bytesPerImage(poolForm(known, asked, generator, benchmark.info), benchmark.info);
  return room(store, neededBytes(spec, known?.filled ?? 0, perImage), id);
}

/** Rejects with "quota", and the numbers, where the rest of a pool does not fit. */
export async function assertRoom(store: Store, spec: PoolSpec, filled: number, perImage: number): Promise<void> {
  const needed = neededBytes(spec, filled, perImage);
  const { used, quota, fits, suggestion } = await room(store, needed, null);
  if (fits || quota === null) return;
  const remedy =
    suggestion.length === 0
      ? "Delete datasets or generators, or make the pool smaller"
      : `Delete the pool${suggestion.length > 1 ? "s" : ""} ${suggestion.map(({ id, bytes }) => `${id} (${mb(bytes)})`).join(", ")}, or make this one smaller`;
  throw new WorkbenchError(
    "quota",
    `A pool of ${spec.size} images needs ${mb(needed)} more; ${mb(used)} of ${mb(quota)} are in use. ${remedy}: ${Math.max(0, Math.floor((quota - used) / perImage)) + filled} images fit.`,
  );
}

function neededBytes(spec: PoolSpec, filled: number, perImage: number): number {
  return Math.max(0, spec.size - filled) * perImage;
}

async function room(store: Store, needed: number, except: string | null): Promise<PoolRoom> {
  const { used, quota } = await store.usage();
  const missing = quota === null ? 0 : used + needed - quota;
  const pools = missing > 0 ? (await listPools(store)).filter(({ id }) => id !== except) : [];
  return { needed, used, quota, fits: missing <= 0, suggestion: missing > 0 ? leastThatFrees(pools, missing) : [] };
}

/** The smallest single pool that is large enough, else the largest ones together; none where all are not enough. */
function leastThatFrees(pools: readonly PoolRecord[], missing: number): PoolRecord[] {
  const bySize = [...pools].sort((a, b) => a.bytes - b.bytes);
  const single = bySize.find(({ bytes }) => bytes >= missing);
  if (single !== undefined) return [single];
  const chosen: PoolRecord[] = [];
  let freed = 0;
  for (const pool of bySize.reverse()) {
    if (freed >= missing) break;
    chosen.push(pool);
    freed += pool.bytes;
  }
  return freed >= missing ? chosen : [];
}

function mb(bytes: number): string {
  return `${Math.ceil(bytes / 1e6)} MB`;
}
