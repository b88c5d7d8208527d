import { baseName, FileError, grouped, type NamedFile } from "./fileError.ts";
import { gunzip, looksLikeGzip } from "./gzip.ts";
import { looksLikeIdx } from "./idx.ts";
import { looksLikeJpeg } from "./jpeg.ts";
import { looksLikeTar, readTar } from "./tar.ts";

/** What a file holds, told by its first bytes (plain images of a folder: by their extension, they are read later). */
export type Form = "cifar" | "idx" | "image" | "aside";

/** One file that a dataset can be made of, after unpacking. */
export interface Leaf extends NamedFile {
  readonly form: Form;
  /** The dropped file it came from: itself or an archive. */
  readonly source: string;
  readonly archived: boolean;
}

const MAX_UNPACKED = 2_000_000_000;
const IMAGE = /\.(png|jpe?g)$/i;
/** Class lists, read-me files and what operating systems leave in folders. */
const ASIDE = /(\.(txt|html?|md|json|csv|xml|ya?ml)|(^|\/)(readme|license|\.[^/]*|thumbs\.db|desktop\.ini))$/i;

/** Unpacks a dropped file and says of each part what it is. Throws FileError when nothing can be made of it. */
export async function recognise(file: NamedFile): Promise<Leaf[]> {
  const known = byName(file, file.name, false);
  if (known) return [known];
  let bytes = await file.bytes();
  let name = file.name;
  if (looksLikeGzip(bytes) || /\.(gz|tgz)$/i.test(name)) {
    bytes = gunzip(file.name, bytes, MAX_UNPACKED);
    name = name.replace(/\.gz$/i, "").replace(/\.tgz$/i, ".tar");
  }
  if (!looksLikeTar(bytes)) {
    return [leaf(file.name, bytes, byContent(name, bytes), file.name, false)];
  }
  const leaves: Leaf[] = [];
  let unknown: FileError | null = null;
  for (const inner of await readTar(file.name, bytes)) {
    const path = `${file.name}/${inner.name}`;
    const named = byName({ name: path, bytes: async () => inner.bytes }, file.name, true);
    if (named) leaves.push(named);
    else {
      const content = looksLikeGzip(inner.bytes) ? gunzip(path, inner.bytes, MAX_UNPACKED) : inner.bytes;
      let form: Form = "aside";
      try {
        form = byContent(path.replace(/\.gz$/i, ""), content);
      } catch (error) {
        // Archives hold more than images (DTD's a .mat with its splits): it counts only where nothing else is there.
        if (!(error instanceof FileError)) throw error;
        unknown ??= error;
      }
      leaves.push(leaf(path, content, form, file.name, true));
    }
  }
  if (!leaves.some(({ form }) => form !== "aside")) {
    if (unknown) throw unknown;
    throw new FileError(file.name, "It holds no images and no image records.", "Drop the archive that has the images.");
  }
  return leaves;
}

/** A loose or archived file that its name tells enough about; undefined = its content must be looked at. */
function byName(file: NamedFile, source: string, archived: boolean): Leaf | undefined {
  if (file.name.includes("__MACOSX/") || ASIDE.test(file.name))
    return { ...bound(file), form: "aside", source, archived };
  if (IMAGE.test(file.name)) return { ...bound(file), form: "image", source, archived };
  return undefined;
}

function bound(file: NamedFile): NamedFile {
  return { name: file.name, bytes: () => file.bytes() };
}

function leaf(name: string, bytes: Uint8Array, form: Form, source: string, archived: boolean): Leaf {
  return { name, bytes: async () => bytes, form, source, archived };
}

const LATER = "Later versions will read it; for now drop";

function byContent(file: string, bytes: Uint8Array): Form {
  const start = String.fromCharCode(...bytes.subarray(0, 8));
  if (looksLikeIdx(bytes)) return "idx";
  if (looksLikeJpeg(bytes) || start.startsWith("\x89PNG")) return "image";
  if (/\.bin$/i.test(file)) return "cifar";
  if (bytes.length === 0) throw new FileError(file, "It is empty.", "Download it again.");
  if (start.startsWith("PK"))
    throw new FileError(file, "It is a zip archive.", `${LATER} the unpacked folder or a tar.`);
  if (start.startsWith("MATLAB")) {
    throw new FileError(file, "It is a MATLAB file.", `${LATER} its images as a folder of PNG files.`);
  }
  if (start.startsWith("PAR1")) throw new FileError(file, "It is a Parquet table.", `${LATER} a folder of images.`);
  if (bytes[0] === 0x80 && (bytes[1] ?? 9) <= 5) {
    throw new FileError(
      file,
      "It is a Python pickle, which can run code when opened.",
      'Drop the "binary version" of CIFAR (cifar-10-binary.tar.gz) instead.',
    );
  }
  throw new FileError(
    file,
    `${baseName(file)} (${grouped(bytes.length)} bytes) is of no known kind.`,
    "Known are CIFAR .bin, MNIST idx, PNG and JPEG; .gz or .tar of these; and folders of images.",
  );
}
