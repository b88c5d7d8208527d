import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, test } from "vitest";

const script = fileURLToPath(new URL("bench.mjs", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "sio-bench-"));
afterAll(() => rmSync(folder, { recursive: true }));

function bench(...args: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  return new Promise((resolve) => {
    execFile(process.execPath, [script, ...args], (error, stdout, stderr) => {
      resolve({ code: error ? Number(error.code) : 0, stdout, stderr });
    });
  });
}

/** The command itself, on work small enough to say nothing about speed. */
describe("npm run bench", () => {
  test("measures, prints a table and writes its rows", async () => {
    const file = join(folder, "rows.json");
    const tiny = [
      "--width",
      "8",
      "--image",
      "16",
      "--batch",
      "4",
      "--threads",
      "1",
      "--rounds",
      "1",
      "--seconds",
      "0.01",
    ];
    const sides = ["--backend", "wasm-simd", "--peer", "none"];
    const { code, stdout, stderr } = await bench("--case", "train,infer", ...tiny, ...sides, "--json", file);
    expect({ code, stderr }).toMatchObject({ code: 0 });
    expect(stdout).toMatch(/^machine .* cores/);
    const rows: unknown = JSON.parse(readFileSync(file, "utf8"));
    const row = { backend: "wasm-simd", threads: 1, unit: "img/s", peer: null, peerName: null, ratio: null };
    expect(rows).toMatchObject([
      { ...row, case: "train width 8 batch 4 16 px" },
      { ...row, case: "infer width 8 batch 4 16 px" },
    ]);
    for (const { ours } of rows as { ours: number }[]) expect(ours).toBeGreaterThan(0);
  });

  test("measures a detector, fitted and scored", async () => {
    const file = join(folder, "score.json");
    const tiny = ["--rows", "1000", "--threads", "1", "--rounds", "1", "--seconds", "0.01"];
    const sides = ["--backend", "wasm-simd", "--peer", "none"];
    const { code, stderr } = await bench("--case", "score", "--detector", "knn", ...tiny, ...sides, "--json", file);
    expect({ code, stderr }).toMatchObject({ code: 0 });
    expect(JSON.parse(readFileSync(file, "utf8"))).toMatchObject([
      { case: "score knn: fit on 1000 × 512, 1200 images", backend: "wasm-simd", threads: 1, unit: "img/s" },
    ]);
  });

  test("refuses a bad option with exit code 2", async () => {
    const { code, stderr } = await bench("--case", "tarin");
    expect(code).toBe(2);
    expect(stderr).toContain("--case takes train, infer, gemm, conv, score, sample");
  });
});
