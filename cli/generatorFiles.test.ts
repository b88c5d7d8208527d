import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { readGeneratorRecord } from "../src/generators/uploaded/records.ts";
import { npyHeader } from "../src/runs/pools/npzFile.ts";
import { MemoryStore } from "../src/storage/memory.ts";
import { parseStudy } from "../src/study/study.ts";
import { keepGeneratorFiles } from "./generatorFiles.ts";
import { main } from "./main.ts";
import { aroundEachCommand } from "./testing/node/command.ts";

const command = aroundEachCommand("sio-generator-");
const at = (name: string): string => join(command.folder, name);

/** Twenty grey images, two of each class. */
function writeImages(grey: number): string {
  const images = new Uint8Array(20 * 3072).fill(grey);
  mkdirSync(at("set"), { recursive: true });
  writeFileSync(at("set/images.npy"), Buffer.concat([npyHeader("|u1", [20, 32, 32, 3]), images]));
  const labels = new Uint8Array(BigInt64Array.from({ length: 20 }, (_, i) => BigInt(i % 10)).buffer);
  writeFileSync(at("set/labels.npy"), Buffer.concat([npyHeader("<i8", [20]), labels]));
  return at("set");
}

async function plan(generator: string): Promise<number> {
  const args = ["study", "--benchmark", "shapes", "--preset", "look", "--alpha", "0.5", "--pool", "20", "--no-predict"];
  return main([...args, "--generator", generator, "--provenance", "superset", "--quiet", "--out", at("study.json")]);
}

describe("a generator that is a file", () => {
  it("is named by its bytes in the study, and kept when the study is run", async () => {
    expect(await plan(writeImages(90))).toBe(0);
    const study = parseStudy(readFileSync(at("study.json"), "utf8"));
    const [file] = study.generatorFiles ?? [];
    expect(study.generators).toEqual([file?.id]);
    expect(study.cells.map(({ generator }) => generator)).toContain(file?.id);
    const store = new MemoryStore();
    await keepGeneratorFiles(study, store, () => {});
    const record = await readGeneratorRecord(store, file?.id ?? "");
    expect(record).toMatchObject({ benchmark: "shapes", provenance: "superset", images: { count: 20, classes: 10 } });
    const before = await store.keys("");
    await keepGeneratorFiles(study, store, () => {});
    expect(await store.keys("")).toEqual(before);
  });

  it("that has changed since is refused when the study is run, and kept nowhere", async () => {
    await plan(writeImages(90));
    const study = parseStudy(readFileSync(at("study.json"), "utf8"));
    writeImages(91);
    const store = new MemoryStore();
    await expect(keepGeneratorFiles(study, store, () => {})).rejects.toThrow("has changed since the study was planned");
    expect(await store.keys("")).toEqual([]);
  });

  it("that is no generator is refused when the study is planned", async () => {
    writeFileSync(at("page.pth"), "<!doctype html>");
    expect(await plan(at("page.pth"))).toBe(2);
    expect(command.stderr).toContain("HTML page");
  });
});
