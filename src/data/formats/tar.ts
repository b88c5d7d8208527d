import { type TarHeader, unpackTar } from "modern-tar";
import { FileError, grouped, sentence } from "./fileError.ts";

export interface TarFile {
  /** Clean relative path: no "./" in front. */
  readonly name: string;
  readonly bytes: Uint8Array;
}

const MAX_ENTRIES = 500_000;
const REMEDY =
  "Nothing of it was imported. Get it from its original source, or unpack it yourself and drop the folder.";

/** Whether the bytes carry the ustar mark (POSIX and GNU). */
export function looksLikeTar(bytes: Uint8Array): boolean {
  return bytes.length >= 512 && String.fromCharCode(...bytes.subarray(257, 262)) === "ustar";
}

/**
 * The regular files of a tar archive. Throws FileError for the whole archive, naming the entry, when one has an
 * absolute path, a ".." in it, or is a link or device: an honest dataset has none.
 */
export async function readTar(file: string, bytes: Uint8Array): Promise<TarFile[]> {
  const bad: string[] = [];
  let entries = 0;
  const filter = (header: TarHeader): boolean => {
    entries++;
    const why = refusal(header);
    if (why !== null) bad.push(why);
    return bad.length === 0 && entries <= MAX_ENTRIES && header.type === "file";
  };
  let unpacked: Awaited<ReturnType<typeof unpackTar>>;
  try {
    unpacked = await unpackTar(bytes, { strict: true, filter });
  } catch (cause) {
    throw new FileError(file, `It is damaged or cut off: ${sentence(cause)}`, "Download it again.", { cause });
  }
  if (bad[0] !== undefined) throw new FileError(file, bad[0], REMEDY);
  if (entries > MAX_ENTRIES) throw new FileError(file, `It has more than ${grouped(MAX_ENTRIES)} entries.`, REMEDY);
  return unpacked.map(({ header, data }) => ({
    name: header.name.replace(/^(\.\/)+/, ""),
    bytes: data ?? new Uint8Array(0),
  }));
}

function refusal({ name, type, linkname }: TarHeader): string | null {
  const shown = name.length > 80 ? `${name.slice(0, 80)}…` : name;
  if (/^([/\\]|[A-Za-z]:)/.test(name)) return `Its entry "${shown}" has an absolute path.`;
  if (name.split(/[/\\]/).includes("..")) return `Its entry "${shown}" leads out of the archive ("..").`;
  if (name.includes("\0")) return `Its entry "${shown}" has a zero byte in its name.`;
  switch (type) {
    case "file":
    case "directory":
    case "pax-header":
    case "pax-global-header":
    case "gnu-long-name":
    case "gnu-long-link-name":
    case undefined:
      return null;
    default:
      return `Its entry "${shown}" is a ${type}${linkname ? ` to "${linkname}"` : ""}, not a file.`;
  }
}
