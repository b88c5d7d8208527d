import { Stream } from "../random/stream.ts";
import type { Store } from "../storage/store.ts";
import type { Benchmark, SetInfo } from "./benchmark.ts";
import { loadDataset, loadLabels } from "./datasets.ts";
import { type DatasetRecord, readRecord, sha256 } from "./datasetsRecord.ts";
import type { ImageSet } from "./imageSet.ts";

/** One in ten images of the ID and near-OOD test data goes to validation, as in OpenOOD (1,000 of 10,000). */
const VAL_SHARE = 0.1;

const FAR_SETS = [
  {
    name: "mnist",
    title: "MNIST",
    ids: ["mnist-test", "mnist-train"],
    drop: "drop t10k-images-idx3-ubyte.gz and t10k-labels-idx1-ubyte.gz",
  },
  {
    name: "svhn",
    title: "SVHN",
    ids: ["svhn", "svhn-test", "svhn-train"],
    drop: 'drop its images as a folder of PNG files and name it "svhn" (.mat files come with a later version)',
  },
  { name: "texture", title: "Textures", ids: ["texture"], drop: "drop the DTD archive (dtd-r1.0.1.tar.gz)" },
  {
    name: "places365",
    title: "Places365",
    ids: ["places365", "places365-val", "places365-test"],
    drop: "drop a folder or tar of Places images",
  },
] as const;

/** A set of the benchmark and where its images lie; null = the whole dataset. */
interface Part {
  readonly info: SetInfo;
  readonly dataset: string;
  readonly indices: Uint32Array | null;
}

/**
 * The benchmark "CIFAR-10" of OpenOOD, made of the datasets that are in the store: near-OOD CIFAR-100; far-OOD MNIST,
 * SVHN, textures and Places365. What is not there is listed in `info.missing` and has no set.
 * Splits are drawn from a seed of our own, since OpenOOD's lists name files that the binary version does not have.
 */
export async function cifar10Benchmark(store: Store): Promise<Benchmark> {
  const parts: Part[] = [];
  const missing: string[] = [];
  const used: DatasetRecord[] = [];
  const find = async (...ids: readonly string[]): Promise<DatasetRecord | null> => {
    for (const id of ids) {
      const record = await readRecord(store, id);
      if (record) {
        used.push(record);
        return record;
      }
    }
    return null;
  };

  const train = await find("cifar10-train");
  if (train) parts.push(whole(train, { name: "train", title: "CIFAR-10 train", group: "id", role: "train" }));
  else missing.push("CIFAR-10 train set: drop data_batch_1.bin to data_batch_5.bin, or cifar-10-binary.tar.gz.");

  const test = await find("cifar10-test");
  if (test) {
    const [val, rest] = splitByClass(await loadLabels(store, test.id));
    const note = `${test.note} Split by a seed of our own, 10 % of each class to validation (OpenOOD: 100 of 1,000).`;
    addSplit(parts, missing, test, val, {
      name: "id_val",
      title: "CIFAR-10 validation",
      group: "id",
      role: "val",
      note,
    });
    addSplit(parts, missing, test, rest, { name: "id_test", title: "CIFAR-10 test", group: "id", role: "test", note });
  } else missing.push("CIFAR-10 test set: drop test_batch.bin, or cifar-10-binary.tar.gz.");

  const near = await find("cifar100-test");
  if (near) {
    const order = new Stream(0, "cifar10-near-val").permutation(near.count);
    const cut = Math.floor(near.count * VAL_SHARE);
    const note = `${near.note} The OOD images for selection: 10 % of CIFAR-100, none of them in the test set but of its distribution, as in OpenOOD v1.0; no far-OOD set is ever selected on.`;
    const val = {
      name: "near_val",
      title: "CIFAR-100 validation",
      group: "near",
      role: "val",
      note,
      drawnLike: "near_cifar100",
    } as const;
    addSplit(parts, missing, near, order.slice(0, cut).sort(), val);
    const rest = { name: "near_cifar100", title: "CIFAR-100", group: "near", role: "test", note: near.note } as const;
    addSplit(parts, missing, near, order.slice(cut).sort(), rest);
  } else missing.push("CIFAR-100 (near-OOD): drop test.bin of cifar-100-binary, or cifar-100-binary.tar.gz.");

  for (const { name, title, ids, drop } of FAR_SETS) {
    const record = await find(...ids);
    if (record) parts.push(whole(record, { name, title, group: "far", role: "test" }));
    else missing.push(`${title} (far-OOD): ${drop}.`);
  }

  const identity = JSON.stringify([1, used.map(({ id, hash }) => [id, hash])]);
  const load = (name: string, within?: readonly number[]) => loadPart(store, parts, name, within);
  return {
    info: {
      id: "cifar10",
      title: "CIFAR-10",
      classNames: train?.classNames ?? test?.classNames ?? [],
      height: 32,
      width: 32,
      mean: [0.4914, 0.4822, 0.4465],
      std: [0.247, 0.2435, 0.2616],
      sets: parts.map(({ info }) => info),
      missing,
      fingerprint: (await sha256(new TextEncoder().encode(identity))).slice(0, 16),
    },
    load: (name) => load(name),
    loadSome: load,
  };
}

function whole(record: DatasetRecord, info: Omit<SetInfo, "count" | "note">): Part {
  return { info: { ...info, count: record.count, note: record.note }, dataset: record.id, indices: null };
}

/** Adds a split as a set; one that came out empty (too few images) is missing instead. */
function addSplit(
  parts: Part[],
  missing: string[],
  record: DatasetRecord,
  indices: Uint32Array,
  info: Omit<SetInfo, "count">,
): void {
  if (indices.length > 0) {
    parts.push({ info: { ...info, count: indices.length }, dataset: record.id, indices });
  } else missing.push(`${info.title}: the ${record.count} images of "${record.id}" are too few to split.`);
}

/** [validation, rest]: of every class the first tenth of a seeded permutation; both in the order of the file. */
function splitByClass(labels: Int32Array): [Uint32Array<ArrayBuffer>, Uint32Array<ArrayBuffer>] {
  const members: number[][] = [];
  for (let i = 0; i < labels.length; i++) {
    const label = labels[i] as number;
    members[label] ??= [];
    members[label].push(i);
  }
  const val: number[] = [];
  const rest: number[] = [];
  for (const [label, list] of members.entries()) {
    const cut = Math.floor((list ?? []).length * VAL_SHARE);
    const order = new Stream(0, "cifar10-id-val", label).permutation((list ?? []).length);
    for (let k = 0; k < order.length; k++) (k < cut ? val : rest).push(list?.[order[k] as number] as number);
  }
  return [Uint32Array.from(val).sort(), Uint32Array.from(rest).sort()];
}

async function loadPart(
  store: Store,
  parts: readonly Part[],
  name: string,
  within?: readonly number[],
): Promise<ImageSet> {
  const part = parts.find(({ info }) => info.name === name);
  if (!part) {
    const known = parts.map(({ info }) => info.name).join(", ") || "none yet";
    throw new RangeError(`CIFAR-10 has no set "${name}"; it has ${known}.`);
  }
  const outside = within?.find((i) => !(i >= 0 && i < part.info.count));
  if (outside !== undefined) throw new RangeError(`Set "${name}" has ${part.info.count} images, none at ${outside}.`);
  const indices = part.indices && within ? within.map((i) => part.indices?.[i] as number) : (within ?? part.indices);
  const set = await loadDataset(store, part.dataset, indices ?? undefined);
  return part.info.group === "id" ? set : { ...set, labels: new Int32Array(set.count).fill(-1) };
}
