import type { NamedSource } from "../../checkpoints/checkpointFile.ts";
import { FileError, grouped } from "../../data/formats/fileError.ts";
import { NPY_HEADER_BYTES, type NpyLayout, readNpy, readNpyLayout } from "../../data/formats/npy.ts";
import type { Picture } from "../../data/resize.ts";
import type { ImageFiles } from "./imageSource.ts";

/** Bytes read from a file of images at a time. */
const READ_BYTES = 4 * 1024 * 1024;

interface ArrayFile extends NamedSource {
  readonly layout: NpyLayout;
}

/**
 * Images as one array of uint8, [N][H][W][3] or [N][3][H][W], and labels as one of integers, [N]: the arrays of an
 * .npz, or .npy files side by side (images.npy and labels.npy, as the authors of SIO publish theirs).
 */
export async function openNpyImages(format: "npz" | "npy", files: readonly NamedSource[]): Promise<ImageFiles> {
  const arrays: ArrayFile[] = [];
  for (const file of files) arrays.push({ ...file, layout: await layoutOf(file) });
  const images = onlyOne(arrays.filter(isImages), arrays, "images: uint8 of shape [N, height, width, 3]");
  const [count = 0] = images.layout.shape;
  // `sio sample` writes the images a second time, before rounding: what is no list of integers is left aside.
  const lists = arrays.filter(({ layout: { dtype, shape } }) => /^[IU]\d+$/.test(dtype) && shape.length < 3);
  const labels = lists.length === 0 ? null : await readLabels(onlyOne(lists, arrays, "labels"), count);
  const shape = images.layout.shape as readonly [number, number, number, number];
  const planar = shape[3] !== 3;
  const [height, width] = planar ? [shape[2], shape[3]] : [shape[1], shape[2]];
  return {
    format,
    count,
    height,
    width,
    labels,
    lossless: true,
    pictures: () => pictures(images, { count, height, width, planar }),
  };
}

async function layoutOf({ name, source }: NamedSource): Promise<NpyLayout> {
  return readNpyLayout(name, await source.read(0, Math.min(source.size, NPY_HEADER_BYTES)), source.size);
}

function isImages({ layout: { dtype, shape } }: ArrayFile): boolean {
  return dtype === "U8" && shape.length === 4 && (shape[3] === 3 || shape[1] === 3);
}

function onlyOne(found: readonly ArrayFile[], all: readonly ArrayFile[], what: string): ArrayFile {
  const [one, ...more] = found;
  if (one !== undefined && more.length === 0) {
    const { layout, name } = one;
    if (layout.shape[0] === 0) throw new FileError(name, "It is an array of no images.", "Save the images again.");
    if (layout.fortran && layout.shape.length > 1) {
      throw new FileError(
        name,
        "Its first index is the fastest (Fortran order).",
        "Save numpy.ascontiguousarray(images).",
      );
    }
    return one;
  }
  const held = all.map(({ name, layout: { dtype, shape } }) => `${name}: ${dtype} [${shape.join(", ")}]`).join("; ");
  throw new FileError(
    all[0]?.name ?? "",
    `${one === undefined ? "None" : "More than one"} of its arrays can be the ${what}. It holds ${held}.`,
    "Give one array of images (uint8 [N, height, width, 3]) and at most one of labels (integers [N]).",
  );
}

async function readLabels({ name, source, layout }: ArrayFile, count: number): Promise<Int32Array> {
  const { shape, dtype } = layout;
  const flat = shape.length === 1 || (shape.length === 2 && shape[1] === 1);
  if (!flat || shape[0] !== count) {
    throw new FileError(
      name,
      `It holds ${dtype} [${shape.join(", ")}]; labels of ${grouped(count)} images are integers [${count}].`,
      "Save the class numbers with numpy.save(labels.astype('int64')).",
    );
  }
  const { data } = readNpy(name, await source.read(0, source.size));
  return Int32Array.from(data as ArrayLike<number | bigint>, (label, i) => {
    const value = Number(label);
    if (value >= 0 && value < 100_000) return value;
    throw new FileError(name, `Label ${i} is ${value}; classes are numbered from 0.`, "Save the class numbers again.");
  });
}

interface Layout {
  readonly count: number;
  readonly height: number;
  readonly width: number;
  readonly planar: boolean;
}

async function* pictures({ source, layout }: ArrayFile, shape: Layout): AsyncGenerator<Picture> {
  const { count, height, width, planar } = shape;
  const size = height * width * 3;
  const atOnce = Math.max(1, Math.floor(READ_BYTES / size));
  for (let first = 0; first < count; first += atOnce) {
    const n = Math.min(atOnce, count - first);
    const bytes = await source.read(layout.start + first * size, n * size);
    for (let k = 0; k < n; k++) {
      const pixels = bytes.subarray(k * size, (k + 1) * size);
      yield { height, width, pixels: planar ? interleaved(pixels, height * width) : pixels };
    }
  }
}

/** [3][pixels] → [pixels][3]. */
function interleaved(planes: Uint8Array, pixels: number): Uint8Array {
  const out = new Uint8Array(planes.length);
  for (let p = 0; p < pixels; p++) for (let c = 0; c < 3; c++) out[3 * p + c] = planes[c * pixels + p] as number;
  return out;
}
