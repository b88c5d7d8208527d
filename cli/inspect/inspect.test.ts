import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { writeSafetensors } from "../../src/checkpoints/safetensors.ts";
import { main } from "../main.ts";
import { aroundEachCommand } from "../testing/node/command.ts";

const golden = new URL("../../../shared/golden/generators/checkpoints/", import.meta.url);
const run = aroundEachCommand("sio-inspect-");

interface Verdict {
  readonly file: string;
  readonly verdict: "ACCEPT" | "ACCEPT_WITH_WARNING" | "REJECT";
  readonly alternatives?: readonly string[];
  readonly error_should_mention?: readonly string[];
}

const manifest: { readonly valid: Verdict[]; readonly hostile: Verdict[] } = existsSync(golden)
  ? JSON.parse(readFileSync(new URL("manifest.json", golden), "utf8"))
  : { valid: [], hostile: [] };

const WORDS = { ok: "ACCEPT", warning: "ACCEPT_WITH_WARNING", refused: "REJECT" } as const;

describe.skipIf(!existsSync(golden))("sio inspect on the golden files", () => {
  it.each([...manifest.valid, ...manifest.hostile].map((entry): [string, Verdict] => [entry.file, entry]))(
    "%s",
    async (file, { verdict, alternatives = [], error_should_mention: words = [] }) => {
      const code = await main(["inspect", fileURLToPath(new URL(file, golden)), "--json"]);
      const result = JSON.parse(run.stdout) as {
        verdict: keyof typeof WORDS;
        warnings: string[];
        error: string | null;
      };
      expect([verdict, ...alternatives]).toContain(WORDS[result.verdict]);
      expect(code).toBe(result.verdict === "refused" ? 2 : 0);
      const said = [...result.warnings, result.error].join(" ");
      if (result.verdict !== "ok") for (const word of words) expect(said).toMatch(new RegExp(word, "i"));
    },
  );
});

describe("sio inspect", () => {
  function write(name: string): string {
    const path = join(run.folder, name);
    const tensors = new Map([["b", { shape: [2, 2], data: Float32Array.of(1.5, -2, Number.NaN, 8) }]]);
    writeFileSync(path, writeSafetensors(tensors));
    return path;
  }

  it("lists the tensors of what is no generator, and prints the values that are asked for", async () => {
    const path = write("odd.safetensors");
    expect(await main(["inspect", path, "--json", "--values", "b"])).toBe(0);
    expect(JSON.parse(run.stdout)).toMatchObject({
      file: "odd.safetensors",
      verdict: "ok",
      architecture: null,
      error: null,
      tensors: { b: { dtype: "float32", shape: [2, 2] } },
      values: { b: [1.5, -2, "NaN", 8] },
    });
  });

  it("takes several files; one that is refused makes the exit code 2, the others are still told", async () => {
    const path = write("odd.safetensors");
    const broken = join(run.folder, "page.pth");
    writeFileSync(broken, "<!doctype html><p>404");
    expect(await main(["inspect", broken, path, "--json"])).toBe(2);
    const results = JSON.parse(run.stdout) as { verdict: string }[];
    expect(results.map(({ verdict }) => verdict)).toEqual(["refused", "ok"]);
    expect(run.stderr).toContain("HTML page");
    expect(await main(["inspect", join(run.folder, "nowhere.pth")])).toBe(2);
    expect(await main(["inspect", path, "--values", "nothing"])).toBe(2);
  });
});
