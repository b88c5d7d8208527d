import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { writeSafetensors } from "../../src/checkpoints/safetensors.ts";
import { goldenFeatures } from "../../src/metrics/fidelity/testing/goldenFeatures.ts";
import { main } from "../main.ts";
import { aroundEachCommand } from "../testing/node/command.ts";

const golden = new URL("../../../shared/golden/generators/fid/", import.meta.url);
const run = aroundEachCommand("sio-fidelity-");

function features(name: string, rows: Float64Array, dim: number): string {
  const path = join(run.folder, name);
  const tensor = { dtype: "F64" as const, shape: [rows.length / dim, dim], data: rows };
  writeFileSync(path, writeSafetensors(new Map([["features", tensor]])));
  return path;
}

const compare = (real: string, fake: string, ...more: string[]) =>
  main(["fidelity", "--real", real, "--fake", fake, "--features", "--backend", "cpu", ...more]);

describe("sio fidelity", () => {
  it.skipIf(!existsSync(golden))("prints golden counts, and 0 for equal sets, with the protocol", async () => {
    const { pairs } = JSON.parse(readFileSync(new URL("prdc/manifest.json", golden), "utf8"));
    const pair = pairs.find((each: { name: string }) => each.name === "d16_k3");
    const real = goldenFeatures(pair.key_real, 150, 16);
    const fake = goldenFeatures(pair.key_fake, 150, 16);
    for (let k = 0; k < 75 * 16; k++) fake[k] = (real[k] as number) + 0.15 * (fake[k] as number);
    const paths = [features("real.safetensors", real, 16), features("fake.safetensors", fake, 16)] as const;
    expect(await compare(...paths, "--k", "3")).toBe(0);
    const report = JSON.parse(run.stdout);
    for (const name of ["precision", "recall", "density", "coverage"]) {
      expect(report[name]).toBeCloseTo(pair.with_direct_distances[name], 12);
    }
    expect(report.protocol).toMatchObject({
      features: "given",
      n: 150,
      featureDim: 16,
      k: 3,
      resizer: "none",
      seed: 0,
    });
    expect(report.distance).toBe("Fréchet distance");
    expect(report.floorN).toBe(75);
  });

  it.skipIf(!existsSync(golden))("prints the golden Fréchet distance, once --count makes N equal", async () => {
    const { pairs } = JSON.parse(readFileSync(new URL("frechet/manifest.json", golden), "utf8"));
    const pair = pairs.find((each: { name: string }) => each.name === "d64_rankdef");
    const paths = ["a", "b"].map((side) =>
      features(`${side}.safetensors`, goldenFeatures(pair[`key_${side}`], pair[`n_${side}`], 64), 64),
    );
    const out = join(run.folder, "report.json");
    expect(await compare(paths[0] as string, paths[1] as string, "--out", out)).toBe(0);
    expect(run.stdout).toBe("");
    const report = JSON.parse(readFileSync(out, "utf8"));
    expect(Math.abs(report.frechet - pair.frechet_exact)).toBeLessThan(1e-4);
    expect(report.frechetInfinity).toBeNull();
  });

  it("refuses unequal N and says how to make it equal", async () => {
    const a = features("a.safetensors", goldenFeatures("a", 30, 4), 4);
    const b = features("b.safetensors", goldenFeatures("b", 20, 4), 4);
    expect(await compare(a, b)).toBe(2);
    expect(run.stderr).toContain("--real has 30 images and --fake 20");
    expect(run.stderr).toContain("--count 20");
    expect(run.stdout).toBe("");
    expect(await compare(a, b, "--count", "20")).toBe(0);
    expect(JSON.parse(run.stdout).protocol.n).toBe(20);
    expect(await compare(a, b, "--count", "21")).toBe(2);
  });

  it("refuses features of two widths, of the wrong shape, or with NaN", async () => {
    const a = features("a.safetensors", goldenFeatures("a", 20, 4), 4);
    expect(await compare(a, features("b.safetensors", goldenFeatures("b", 20, 5), 5))).toBe(2);
    expect(run.stderr).toContain("features of 4 numbers, --fake of 5");
    const broken = goldenFeatures("c", 20, 4);
    broken[9] = Number.NaN;
    expect(await compare(a, features("c.safetensors", broken, 4))).toBe(2);
    expect(run.stderr).toContain("Feature 1 of image 2 is NaN");
    const flat = join(run.folder, "flat.safetensors");
    writeFileSync(flat, writeSafetensors(new Map([["x", { dtype: "F32", shape: [4], data: new Float32Array(4) }]])));
    expect(await compare(a, flat)).toBe(2);
    expect(run.stderr).toContain("it has x [4]");
  });

  it("takes either Inception's weights or features, and says what another file is", async () => {
    const a = features("a.safetensors", goldenFeatures("a", 20, 4), 4);
    expect(await main(["fidelity", "--real", a, "--fake", a])).toBe(2);
    expect(run.stderr).toContain("either --inception FILE");
    expect(await main(["fidelity", "--real", a, "--fake", a, "--inception", a])).toBe(2);
    expect(run.stderr).toContain("feature files take --features");
  });
});
