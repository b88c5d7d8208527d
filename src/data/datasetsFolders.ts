import { type Group, SIDE } from "./datasetsGroup.ts";
import { baseName, FileError, grouped } from "./formats/fileError.ts";
import { imageFolder, readImage } from "./formats/folder.ts";
import type { Grey16Rule } from "./formats/png.ts";
import type { Leaf } from "./formats/recognise.ts";

/** Some class folders of DTD: five of them in one dataset are no coincidence. */
const DTD_CLASSES = new Set(
  "banded blotchy braided bubbly bumpy chequered cobwebbed cracked crosshatched crystalline dotted fibrous flecked freckled frilly gauzy grid grooved honeycombed interlaced knitted lacelike lined marbled".split(
    " ",
  ),
);

/** The images among the leaves as datasets: one per archive or top folder, and per train, val or test folder in it. */
export function folderGroups(leaves: readonly Leaf[], grey16: Grey16Rule | undefined, errors: FileError[]): Group[] {
  const images = leaves.filter(({ form }) => form === "image");
  const nested = images.every(({ name, archived }) => archived || name.split("/").length > 2);
  const tops = new Set(images.map(({ name }) => name.split("/")[0] as string));
  const common =
    tops.size === 1 && images.every(({ name }) => name.includes("/")) ? ([...tops][0] as string) : "images";
  const roots = new Map<string, Leaf[]>();
  for (const leaf of images) {
    const [top = leaf.name] = leaf.name.split("/");
    const root = leaf.archived ? leaf.source : nested ? top : common;
    append(roots, root, leaf);
  }
  const groups: Group[] = [];
  for (const [root, members] of roots) {
    const splits = new Map<string, Leaf[]>();
    for (const leaf of members) {
      append(splits, splitOf(leaf.name) ?? "", leaf);
    }
    for (const [split, part] of splits.size > 1 ? splits : [["", members] as const]) {
      try {
        groups.push(folderGroup(root, split, part, grey16));
      } catch (error) {
        if (!(error instanceof FileError)) throw error;
        errors.push(error);
      }
    }
  }
  return groups;
}

function append(lists: Map<string, Leaf[]>, key: string, leaf: Leaf): void {
  const list = lists.get(key);
  if (list) list.push(leaf);
  else lists.set(key, [leaf]);
}

function splitOf(path: string): string | null {
  const segment = path
    .split("/")
    .slice(0, -1)
    .find((name) => /^(train|val|valid|test)$/i.test(name));
  return segment?.toLowerCase() ?? null;
}

function folderGroup(root: string, split: string, images: readonly Leaf[], grey16: Grey16Rule | undefined): Group {
  const folder = imageFolder(root, images);
  const family = familyOf(images[0]?.name ?? root, folder.classNames);
  const unreadable: FileError[] = [];
  return {
    id: family && (split === "" ? family.id : `${family.id}-${split}`),
    split: split === "train" || split === "test" ? split : null,
    title: `${family?.title ?? `Images of ${baseName(root)}`}${split === "" ? "" : `, ${split} set`}`,
    side: SIDE,
    count: folder.files.length,
    classNames: folder.classNames,
    files: [root],
    unreadable,
    fill: async (add) => {
      const seen = { jpeg: 0, png: 0, least: Number.POSITIVE_INFINITY, most: 0 };
      const changed = new Map<string, number>();
      for (const [i, file] of folder.files.entries()) {
        try {
          const image = await readImage(file, SIDE, grey16);
          await add(image.pixels, folder.labels[i] as number);
          seen[image.lossy ? "jpeg" : "png"]++;
          seen.least = Math.min(seen.least, image.height, image.width);
          seen.most = Math.max(seen.most, image.height, image.width);
          if (image.changed !== "") changed.set(image.changed, (changed.get(image.changed) ?? 0) + 1);
        } catch (error) {
          if (!(error instanceof FileError)) throw error;
          unreadable.push(error);
        }
      }
      const [first] = unreadable;
      if (seen.jpeg + seen.png === 0 && first) {
        const why = `None of its ${grouped(folder.files.length)} images can be read; the first is ${first.file}: ${first.why}`;
        throw new FileError(root, why, first.remedy, first.needs ? { needs: first.needs } : {});
      }
      const kinds = [seen.jpeg > 0 ? "JPEG (lossy)" : "", seen.png > 0 ? "PNG (lossless)" : ""].filter(Boolean);
      const fitted =
        seen.least === SIDE && seen.most === SIDE
          ? `${SIDE} × ${SIDE} as stored`
          : `${seen.least === seen.most ? seen.least : `${seen.least} to ${seen.most}`} pixels a side, short side resized to ${SIDE} as Pillow's bilinear, central ${SIDE} × ${SIDE}`;
      const changes = [...changed].map(([what, n]) => ` ${grouped(n)} images: ${what}.`).join("");
      const missing =
        unreadable.length > 0 ? ` ${grouped(unreadable.length)} images could not be read and are left out.` : "";
      const note = `${family?.note ?? ""}${kinds.join(" and ")}; ${fitted}.${changes}${missing}`;
      return { note, lossless: seen.jpeg === 0 };
    },
  };
}

interface Family {
  id: string;
  title: string;
  note: string;
}

/** A well-known dataset, by the path or the class folders. */
function familyOf(path: string, classNames: readonly string[]): Family | null {
  const words = path.toLowerCase().split(/[^a-z0-9]+/);
  const has = (pattern: RegExp) => words.some((word) => pattern.test(word));
  if (has(/^dtd$/) || classNames.filter((name) => DTD_CLASSES.has(name)).length >= 5) {
    return { id: "texture", title: "Describable Textures (DTD)", note: "" };
  }
  if (has(/^miniplaces/)) {
    const note = "MiniPlaces (128-pixel images of 100 Places2 categories), not the Places365 files. ";
    return { id: "places365", title: "Places (MiniPlaces)", note };
  }
  if (has(/^places(365)?$/)) return { id: "places365", title: "Places365", note: "" };
  if (has(/^svhn/)) return { id: "svhn", title: "SVHN", note: "" };
  if (has(/^imagenet$/) && has(/^tiny$/)) return { id: "tiny-imagenet", title: "Tiny-ImageNet", note: "" };
  return null;
}
