import { readdir, stat } from "node:fs/promises";
import { basename, join, relative } from "node:path";
import type { NamedSource } from "../src/checkpoints/checkpointFile.ts";
import { withFile } from "../src/checkpoints/node/fileSource.ts";
import { messageOf } from "../src/study/errors.ts";
import { BadInput } from "./context.ts";

/** Files that are open at once: a folder of images has more than a process may hold. */
const MAX_OPEN = 256;

/**
 * Hands the files at `paths` to `use`, those of folders under their path in it, and closes them afterwards.
 *
 * @throws BadInput where a path cannot be read
 */
export async function withSources<T>(
  paths: readonly string[],
  use: (files: readonly NamedSource[]) => Promise<T>,
): Promise<T> {
  const found = (await Promise.all(paths.map(listed))).flat();
  if (found.length > MAX_OPEN) return use(found.map(readOnDemand));
  const open = (index: number, opened: readonly NamedSource[]): Promise<T> => {
    const next = found[index];
    if (next === undefined) return use(opened);
    return withFile(next.path, (source) => open(index + 1, [...opened, { name: next.name, source }]));
  };
  return open(0, []);
}

interface Found {
  readonly name: string;
  readonly path: string;
  readonly size: number;
}

async function listed(path: string): Promise<Found[]> {
  const kind = await stat(path).catch((error: unknown) => {
    throw new BadInput(`${path} cannot be read: ${messageOf(error)}`);
  });
  if (!kind.isDirectory()) return [{ name: basename(path), path, size: kind.size }];
  const files = (await readdir(path, { recursive: true, withFileTypes: true }))
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
  return Promise.all(
    files.map(async (file) => ({
      name: join(basename(path), relative(path, file)),
      path: file,
      size: (await stat(file)).size,
    })),
  );
}

function readOnDemand({ name, path, size }: Found): NamedSource {
  return {
    name,
    source: { size, read: (offset, length) => withFile(path, (source) => source.read(offset, length)) },
  };
}
