import { folderGroups } from "./datasetsFolders.ts";
import { type Group, SIDE } from "./datasetsGroup.ts";
import { type CifarFile, parseCifarBinary } from "./formats/cifarBinary.ts";
import { baseName, FileError, grouped } from "./formats/fileError.ts";
import { idxImageSet, parseIdx } from "./formats/idx.ts";
import type { Grey16Rule } from "./formats/png.ts";
import type { Leaf } from "./formats/recognise.ts";
import { type ImageSet, imageBytes } from "./imageSet.ts";

const CIFAR10_CLASSES = ["airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"];
const IDX_NAME = /^(.*?)[-._]?(images|labels)[-._]idx[13][-._]ubyte(\.gz)?$/i;

/** Sorts leaves into datasets. Files that fit nowhere come back as errors. */
export async function groupLeaves(
  leaves: readonly Leaf[],
  grey16: Grey16Rule | undefined,
): Promise<{ groups: Group[]; errors: FileError[] }> {
  const errors: FileError[] = [];
  const groups = [
    ...(await cifarGroups(leaves, errors)),
    ...(await idxGroups(leaves, errors)),
    ...folderGroups(leaves, grey16, errors),
  ];
  return { groups, errors };
}

/** The id of the dataset that a file which could not be read would have been part of, by its name. */
export function refusedGroup(file: string): string | null {
  if (/^data_batch_/.test(baseName(file))) return "cifar10-train";
  if (/^test_batch/.test(baseName(file))) return "cifar10-test";
  return null;
}

async function cifarGroups(leaves: readonly Leaf[], errors: FileError[]): Promise<Group[]> {
  const parsed = new Map<string, { id: string | null; members: (CifarFile & { source: string; name: string })[] }>();
  for (const leaf of leaves.filter(({ form }) => form === "cifar")) {
    try {
      const file = parseCifarBinary(leaf.name, await leaf.bytes());
      const split = cifarSplit(leaf.name);
      const id = split && `${file.kind}-${split}`;
      const group = parsed.get(id ?? leaf.name) ?? { id, members: [] };
      group.members.push({ ...file, source: leaf.source, name: leaf.name });
      parsed.set(id ?? leaf.name, group);
    } catch (error) {
      if (!(error instanceof FileError)) throw error;
      errors.push(error);
    }
  }
  const groups: Group[] = [];
  for (const { id, members } of parsed.values()) {
    members.sort((a, b) => (baseName(a.name) < baseName(b.name) ? -1 : 1));
    const ten = members[0]?.kind === "cifar10";
    const names = await listedNames(leaves, ten ? "batches.meta.txt" : "fine_label_names.txt", ten ? 10 : 100);
    const fallback = ten ? CIFAR10_CLASSES : Array.from({ length: 100 }, (_, k) => `class ${k}`);
    const split = id?.endsWith("train") ? "train" : id?.endsWith("test") ? "test" : null;
    groups.push(
      setGroup(
        members.map(({ set }) => set),
        {
          id,
          split,
          title: `${ten ? "CIFAR-10" : "CIFAR-100"}${split ? `, ${split} set` : ""}`,
          classNames: names ?? fallback,
          files: [...new Set(members.map(({ source }) => source))],
        },
        `${ten ? "CIFAR-10" : "CIFAR-100"} binary records, lossless, pixels as stored.`,
      ),
    );
  }
  return groups;
}

/** The official names only: other files of the same layout may be any part of the data. */
function cifarSplit(name: string): "train" | "test" | null {
  const base = baseName(name).replace(/\.gz$/i, "");
  if (/^(data_batch_\d+|train)\.bin$/i.test(base)) return "train";
  if (/^(test_batch|test)\.bin$/i.test(base)) return "test";
  return null;
}

/** Class names from a list beside the data, if it has the right length. */
async function listedNames(leaves: readonly Leaf[], base: string, count: number): Promise<string[] | null> {
  const list = leaves.find(({ name }) => baseName(name) === base);
  if (!list) return null;
  const names = new TextDecoder()
    .decode(await list.bytes())
    .split(/\s+/)
    .filter(Boolean);
  return names.length === count ? names : null;
}

async function idxGroups(leaves: readonly Leaf[], errors: FileError[]): Promise<Group[]> {
  const pairs = new Map<string, { prefix: string; images?: Leaf; labels?: Leaf }>();
  for (const leaf of leaves.filter(({ form }) => form === "idx")) {
    const match = IDX_NAME.exec(baseName(leaf.name));
    if (!match) {
      const remedy = 'Give it its official name, such as "train-images-idx3-ubyte" or "train-labels-idx1-ubyte".';
      errors.push(new FileError(leaf.name, "It is an idx file, but its name does not say of what.", remedy));
      continue;
    }
    const prefix = (match[1] ?? "").toLowerCase();
    const key = `${leaf.name.slice(0, -baseName(leaf.name).length)}${prefix}`;
    const pair = pairs.get(key) ?? { prefix };
    pair[match[2]?.toLowerCase() === "images" ? "images" : "labels"] = leaf;
    pairs.set(key, pair);
  }
  const groups: Group[] = [];
  for (const { prefix, images, labels } of pairs.values()) {
    try {
      if (!images || !labels) {
        const [have, lack] = images ? [images, "labels"] : [labels as Leaf, "images"];
        throw new FileError(have.name, `Its ${lack} are missing.`, `Drop it together with the file of its ${lack}.`);
      }
      const pixels = { file: images.name, ...parseIdx(images.name, await images.bytes()) };
      const set = idxImageSet(pixels, { file: labels.name, ...parseIdx(labels.name, await labels.bytes()) }, SIDE);
      const split = prefix === "train" ? "train" : prefix === "t10k" || prefix === "test" ? "test" : null;
      const family = /fashion/i.test(images.name) ? "fashion-mnist" : "mnist";
      const classes = set.labels.reduce((most, label) => Math.max(most, label + 1), 0);
      groups.push(
        setGroup(
          [set],
          {
            id: split && `${family}-${split}`,
            split,
            title: `${family === "mnist" ? "MNIST" : "Fashion-MNIST"}${split ? `, ${split} set` : ""}`,
            classNames: Array.from({ length: classes }, (_, k) => String(k)),
            files: [images.source, labels.source],
          },
          `idx files, lossless; grey ${pixels.shape[2]} × ${pixels.shape[1]} resized to ${SIDE} × ${SIDE} as Pillow's bilinear, in three equal channels. Named after its files: Fashion-MNIST's are called the same.`,
        ),
      );
    } catch (error) {
      if (!(error instanceof FileError)) throw error;
      errors.push(error);
      for (const partner of [images, labels]) {
        if (!partner || partner.name === error.file) continue;
        const why = `Not imported, because ${error.file} belongs to it and cannot be used.`;
        errors.push(new FileError(partner.name, why, "Drop both again."));
      }
    }
  }
  return groups;
}

function setGroup(
  sets: readonly ImageSet[],
  about: Pick<Group, "id" | "split" | "title" | "classNames" | "files">,
  note: string,
): Group {
  const count = sets.reduce((sum, set) => sum + set.count, 0);
  return {
    ...about,
    side: SIDE,
    count,
    unreadable: [],
    fill: async (add) => {
      for (const set of sets) {
        const size = imageBytes(set);
        for (let i = 0; i < set.count; i++) {
          await add(set.images.subarray(i * size, (i + 1) * size), set.labels[i] as number);
        }
      }
      return { note: `${note} ${grouped(count)} images in ${about.files.join(", ")}.`, lossless: true };
    },
  };
}
