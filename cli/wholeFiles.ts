import { mkdir, rename, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { BadInput } from "./context.ts";

/** Throws BadInput where DIR cannot become a folder of results, before anything is computed. */
export async function checkOutFolder(folder: string): Promise<void> {
  const found = await stat(folder).catch(() => null);
  if (found !== null && !found.isDirectory()) {
    throw new BadInput(`--out ${folder} is a file. Name a folder, or one that does not exist yet.`);
  }
}

/** Writes all of the files into the folder, or none: each becomes visible whole, after all have been written. */
export async function writeWholeFiles(folder: string, files: ReadonlyMap<string, string | Uint8Array>): Promise<void> {
  await mkdir(folder, { recursive: true });
  const names = [...files.keys()];
  const part = (name: string): string => join(folder, `.${name}.part`);
  try {
    for (const [name, content] of files) await writeFile(part(name), content);
    for (const name of names) await rename(part(name), join(folder, name));
  } catch (error) {
    for (const name of names) await rm(part(name), { force: true });
    throw error;
  }
}
