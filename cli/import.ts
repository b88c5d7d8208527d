import { readdir, readFile, stat } from "node:fs/promises";
import { basename, join, relative } from "node:path";
import type { Command } from "commander";
import { importFiles } from "../src/data/datasets.ts";
import { FilesStore } from "../src/storage/files.ts";
import { messageOf } from "../src/study/errors.ts";
import { BadInput, type CommonOptions, log, withCommonOptions } from "./context.ts";

interface ImportOptions extends CommonOptions {
  readonly store: string;
  readonly as?: string;
}

/** `sio import`: reads archives and folders of the official formats into the store. */
export function addImportCommand(program: Command): void {
  withCommonOptions(program.command("import").description("read datasets into the store"))
    .argument("<path...>", "files or folders: CIFAR .bin, MNIST idx, images; also as .gz, .tar, .tar.gz")
    .requiredOption("--store <dir>", "where to keep them")
    .option("--as <dataset>", "name of the dataset where the files do not tell")
    .action(async (paths: string[], options: ImportOptions) => {
      const files = (await Promise.all(paths.map(listFiles))).flat();
      const store = await FilesStore.open(options.store);
      const outcomes = await importFiles(files, store, {
        as: options.as ?? null,
        onProgress: (text) => log(options, text),
      });
      if (options.json) process.stdout.write(`${JSON.stringify(outcomes)}\n`);
      else
        for (const { file, ok, message } of outcomes)
          process.stdout.write(`${ok ? "ok" : "refused"}  ${file}: ${message}\n`);
      const refused = outcomes.filter((outcome) => !outcome.ok);
      if (refused.length > 0)
        throw new BadInput(`${refused.length} of ${outcomes.length} files were refused: ${refused[0]?.message}`);
    });
}

interface LocalFile {
  readonly name: string;
  bytes(): Promise<Uint8Array>;
}

async function listFiles(path: string): Promise<LocalFile[]> {
  const kind = await stat(path).catch((error: unknown) => {
    throw new BadInput(`${path} cannot be read: ${messageOf(error)}`);
  });
  if (!kind.isDirectory()) return [localFile(basename(path), path)];
  const entries = await readdir(path, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort()
    .map((file) => localFile(join(basename(path), relative(path, file)), file));
}

function localFile(name: string, path: string): LocalFile {
  return { name, bytes: async () => new Uint8Array(await readFile(path)) };
}
