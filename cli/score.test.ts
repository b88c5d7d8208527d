import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import Papa from "papaparse";
import { describe, expect, it } from "vitest";
import { readSafetensors, type TensorToWrite, writeSafetensors } from "../src/checkpoints/safetensors.ts";
import { Stream } from "../src/random/stream.ts";
import { RESULT_COLUMNS } from "../src/study/csv.ts";
import { main } from "./main.ts";
import { aroundEachCommand } from "./testing/node/command.ts";

const command = aroundEachCommand("sio-score-");

const at = (name: string) => join(command.folder, name);

function write(name: string, tensors: Record<string, TensorToWrite>): string {
  writeFileSync(at(name), writeSafetensors(new Map(Object.entries(tensors))));
  return at(name);
}

type Row = Record<string, string>;

function rows(out: string): Row[] {
  const text = readFileSync(join(out, "metrics.csv"), "utf8");
  expect(text.endsWith("\r\n")).toBe(true);
  return Papa.parse<Row>(text.trimEnd(), { header: true }).data;
}

const K = 3;
const D = 4;

/** Features that lie about their class's corner, so that every detector has something to see. */
function given(name: string, count: number, offset: number, labelled: boolean): Record<string, TensorToWrite> {
  const stream = new Stream(7, name);
  const features = Float32Array.from(
    { length: count * D },
    (_, k) => Math.abs(stream.normal()) * 0.3 + (k % D === Math.floor(k / D) % K ? offset : 0.1),
  );
  const logits = new Float32Array(count * K);
  for (let i = 0; i < count; i++) for (let c = 0; c < K; c++) logits[i * K + c] = (features[i * D + c] as number) * 2;
  return {
    features: { shape: [count, D], data: features },
    logits: { shape: [count, K], data: logits },
    ...(labelled
      ? { labels: { shape: [count], data: BigInt64Array.from({ length: count }, (_, i) => BigInt(i % K)) } }
      : {}),
  };
}

const head = {
  weight: { shape: [K, D], data: Float32Array.of(2, 0, 0, 0, 0, 2, 0, 0, 0, 0, 2, 0) },
  bias: { shape: [K], data: new Float32Array(K) },
};

/** Arguments of a run that is right; `ood` by set name. */
function args(ood: Record<string, string>, ...more: string[]): string[] {
  return [
    "score",
    ...["--train", write("train.safetensors", given("train", 120, 2, true))],
    ...["--val", write("val.safetensors", given("val", 60, 2, true))],
    ...["--id", write("id.safetensors", given("id", 60, 2, true))],
    ...["--head", write("head.safetensors", head)],
    ...Object.entries(ood).flatMap(([name, file]) => ["--ood", `${name}=${file}`]),
    ...["--backend", "cpu", "--out", at("out")],
    ...more,
  ];
}

const ood = (name: string, offset: number) => write(`${name}.safetensors`, given(name, 50, offset, false));

describe("sio score", () => {
  it("writes a row per detector and set, and the means of the groups", async () => {
    const sets = { near_a: ood("a", 1), near_b: ood("b", 0.8), texture: ood("t", 0), other: ood("o", 0.2) };
    expect(await main(args(sets, "--group", "texture=far", "--detector", "msp,knn"))).toBe(0);
    const all = rows(at("out"));
    expect(Object.keys(all[0] as Row)).toEqual([...RESULT_COLUMNS]);
    const mls = all.filter(({ detector }) => detector === "knn");
    expect(mls.map(({ ood_set, group, n_id, n_ood }) => [ood_set, group, n_id, n_ood])).toEqual([
      ["near_a", "near", "60", "50"],
      ["near_b", "near", "60", "50"],
      ["texture", "far", "60", "50"],
      ["other", "", "60", "50"],
      ["near", "near", "60", "100"],
      ["far", "far", "60", "50"],
    ]);
    const auroc = mls.map((row) => Number(row.auroc));
    expect(auroc[4]).toBeCloseTo(((auroc[0] as number) + (auroc[1] as number)) / 2, 12);
    expect(
      new Set(all.map(({ study, cell, alpha, epochs, preset }) => [study, cell, alpha, epochs, preset].join("|"))),
    ).toEqual(new Set(["||||paper"]));
    expect(Number(all[0]?.id_accuracy)).toBe(1);
  });

  it("writes every confidence in input order, and what it ran with", async () => {
    expect(await main(args({ far: ood("far", 0) }, "--detector", "mls", "--detector", "knn", "--set", "knn.K=7"))).toBe(
      0,
    );
    const { tensors, metadata } = readSafetensors(readFileSync(at("out/scores.safetensors")));
    expect([...tensors.keys()].sort()).toEqual(["knn/far", "knn/id", "mls/far", "mls/id"]);
    const logits = given("id", 60, 2, true).logits?.data as Float32Array;
    const largest = Float32Array.from({ length: 60 }, (_, i) => Math.max(...logits.subarray(i * K, (i + 1) * K)));
    expect(tensors.get("mls/id")).toEqual({ dtype: "F32", shape: [60], data: largest });
    expect(metadata.preset).toBe("paper");
    expect(JSON.parse(metadata.hyper_parameters as string)).toEqual({ mls: {}, knn: { K: 7 } });
    // The set's own row is the mean of the group that it is alone in.
    expect(rows(at("out")).map(({ detector, ood_set, group }) => `${detector}/${ood_set}/${group}`)).toEqual([
      "mls/far/far",
      "knn/far/far",
    ]);
  });

  it("runs every detector that needs no image, and says why one is undefined", async () => {
    expect(await main(args({ far: ood("far", 0) }, "--json"))).toBe(0);
    const all = rows(at("out"));
    expect(all.map(({ detector }) => detector)).not.toContain("odin");
    const vim = all.find(({ detector }) => detector === "vim");
    expect([vim?.auroc, vim?.fpr95_id]).toEqual(["", ""]);
    expect(vim?.undefined_because).toMatch(/^undefined, because D = 42 . d = 4/);
    const { tensors, metadata } = readSafetensors(readFileSync(at("out/scores.safetensors")));
    expect([...tensors.keys()]).not.toContain("vim/far");
    expect(JSON.parse(metadata.undefined_because as string).vim.far).toBe(vim?.undefined_because);
    const report = JSON.parse(command.stdout);
    expect(report.metrics).toHaveLength(all.length);
    expect(report.metrics[0].auroc).toBe(Number(all[0]?.auroc));
  });

  it("searches hyper-parameters on the OOD validation set, and scores with the winner", async () => {
    const oodval = ood("oodval", 0.9);
    expect(
      await main(
        args({ far: ood("far", 0) }, "--oodval", oodval, "--detector", "knn,react,msp", "--preset", "v1.5", "--json"),
      ),
    ).toBe(0);
    const { search } = JSON.parse(command.stdout);
    expect(search.map(({ detector }: { detector: string }) => detector).sort()).toEqual(["knn", "react"]);
    const knn = search.find(({ detector }: { detector: string }) => detector === "knn");
    // The bank has 120 images: 200, 500 and 1000 are undefined.
    expect(knn.candidates.map(({ auroc }: { auroc: number | null }) => auroc === null)).toEqual([
      false,
      false,
      true,
      true,
      true,
    ]);
    const winner = knn.candidates[knn.best].params;
    const { metadata } = readSafetensors(readFileSync(at("out/scores.safetensors")));
    expect(JSON.parse(metadata.hyper_parameters as string).knn).toEqual(winner);
    expect(command.stderr).toContain("chosen");
    expect(readFileSync(at("out/search.csv"), "utf8")).toContain('knn,K=200,oodval,,false,"undefined, because');
  });

  it("computes logits that are missing, and says so", async () => {
    const { features } = given("far", 50, 0, false);
    const file = write("features.safetensors", { features: features as TensorToWrite });
    expect(await main(args({ far: file }, "--detector", "mls"))).toBe(0);
    expect(command.stderr).toContain("were computed from features and head: features.safetensors.");
    const withLogits = readSafetensors(readFileSync(at("out/scores.safetensors"))).tensors.get("mls/far");
    expect(await main(args({ far: ood("far", 0) }, "--detector", "mls"))).toBe(0);
    expect(readSafetensors(readFileSync(at("out/scores.safetensors"))).tensors.get("mls/far")).toEqual(withLogits);
  });

  const bad: [what: string, change: () => string[], message: RegExp][] = [
    [
      "NaN",
      () => args({ far: write("x.safetensors", withValue("features", 9, Number.NaN)) }),
      /x\.safetensors: features \[50, 4\] holds NaN in row 2, column 1/,
    ],
    [
      "another d",
      () =>
        args({
          far: write("x.safetensors", {
            ...given("far", 50, 0, false),
            features: { shape: [50, 3], data: new Float32Array(150) },
          }),
        }),
      /features \[50, 3\] and the head's weight \[3, 4\].* disagree in d/,
    ],
    [
      "another K",
      () =>
        args({
          far: write("x.safetensors", {
            ...given("far", 50, 0, false),
            logits: { shape: [50, 5], data: new Float32Array(250) },
          }),
        }),
      /logits \[50, 5\] and the head's weight \[3, 4\].* disagree in K/,
    ],
    [
      "rows that differ",
      () =>
        args({
          far: write("x.safetensors", {
            ...given("far", 50, 0, false),
            logits: { shape: [40, 3], data: new Float32Array(120) },
          }),
        }),
      /features \[50, 4\] and logits \[40, 3\]|logits \[40, 3\] and features \[50, 4\]/,
    ],
    ["an empty set", () => args({ far: write("x.safetensors", given("far", 0, 0, false)) }), /the set is empty/],
    [
      "no labels",
      () => [...args({ far: ood("far", 0) }), "--id", write("x.safetensors", given("id", 60, 2, false))],
      /x\.safetensors: It has no tensor labels \[60\]/,
    ],
    [
      "labels beyond K",
      () => [
        ...args({ far: ood("far", 0) }),
        "--id",
        write("x.safetensors", {
          ...given("id", 3, 2, true),
          labels: { shape: [3], data: BigInt64Array.of(0n, 1n, 3n) },
        }),
      ],
      /labels \[3\] holds 3 in row 2, outside 0 … 2/,
    ],
    ["an unknown detector", () => args({ far: ood("far", 0) }, "--detector", "magic"), /no detector "magic"/],
    ["ODIN", () => args({ far: ood("far", 0) }, "--detector", "odin"), /looks at the images/],
    ["an unknown parameter", () => args({ far: ood("far", 0) }, "--set", "knn.k=5"), /no parameter "k"/],
    ["a parameter out of range", () => args({ far: ood("far", 0) }, "--set", "knn.K=0"), /K is a whole number from 1/],
    ["a missing file", () => args({ far: at("nowhere.safetensors") }), /nowhere\.safetensors/],
    ["a set twice", () => [...args({ far: ood("far", 0) }), "--ood", `far=${ood("b", 0)}`], /two sets are named "far"/],
    [
      "a set named like its group's mean",
      () => args({ far: ood("far", 0), far_b: ood("b", 0) }),
      /mean over the group far \(far, far_b\)/,
    ],
    ["a set called id", () => args({ id: ood("far", 0) }), /"id" is the name/],
    ["an unknown preset", () => args({ far: ood("far", 0) }, "--preset", "v2"), /no preset "v2"/],
  ];

  it.each(bad)("refuses %s with exit code 2, and writes nothing", async (_, change, message) => {
    expect(await main(change())).toBe(2);
    expect(command.stderr).toMatch(message);
    expect(existsSync(at("out"))).toBe(false);
  });

  it("reads .npz and .csv as well", async () => {
    const { features, logits } = given("far", 50, 0, false);
    const lines = Array.from({ length: 50 }, (_, i) =>
      [
        ...(features?.data.subarray(i * D, (i + 1) * D) ?? []),
        ...(logits?.data.subarray(i * K, (i + 1) * K) ?? []),
      ].join(","),
    );
    writeFileSync(
      at("far.csv"),
      `feature_0,feature_1,feature_2,feature_3,logit_0,logit_1,logit_2\n${lines.join("\n")}\n`,
    );
    expect(await main(args({ far: at("far.csv") }, "--detector", "mls"))).toBe(0);
    const fromCsv = readSafetensors(readFileSync(at("out/scores.safetensors"))).tensors.get("mls/far");
    expect(await main(args({ far: ood("far", 0) }, "--detector", "mls"))).toBe(0);
    expect(readSafetensors(readFileSync(at("out/scores.safetensors"))).tensors.get("mls/far")).toEqual(fromCsv);
    expect(readdirSync(at("out")).sort()).toEqual(["metrics.csv", "scores.safetensors"]);
  });
});

function withValue(tensor: string, index: number, value: number): Record<string, TensorToWrite> {
  const tensors = given("far", 50, 0, false);
  (tensors[tensor] as TensorToWrite).data[index] = value;
  return tensors;
}

const golden = new URL("../../shared/golden/ood/scores/", import.meta.url);

describe.skipIf(!existsSync(golden))("sio score on the golden features", () => {
  it.each(["paper", "v1.5"] as const)("%s has the reference's metrics and scores", async (preset) => {
    const { tensors } = readSafetensors(readFileSync(new URL("io.safetensors", golden)));
    const manifest = JSON.parse(readFileSync(new URL("manifest.json", golden), "utf8"));
    const part = (prefix: string) =>
      Object.fromEntries(
        [...tensors]
          .filter(([name]) => new RegExp(`^${prefix}/[a-z]+$`).test(name))
          .map(([name, tensor]) => [name.slice(prefix.length + 1), tensor]),
      );
    const file = (prefix: string) => write(`${prefix}.safetensors`, part(prefix));
    const code = await main([
      "score", "--train", file("train"), "--val", file("val"), "--id", file("id"), "--head", file("fc"),
      "--ood", `near=${file("near")}`, "--ood", `far=${file("far")}`, "--preset", preset, "--out", at("out"),
      // The golden features have 64 dimensions; v1.5's default D = 256 is undefined on them.
      "--set", "vim.dim=42", "--threads", "1",
    ]); // biome-ignore format: one command line
    expect([code, command.stderr]).toEqual([0, expect.stringContaining("written")]);
    const scores = readSafetensors(readFileSync(at("out/scores.safetensors"))).tensors;
    const all = rows(at("out"));
    expect(all).toHaveLength(2 * 11);
    for (const row of all) {
      const expected = manifest.metrics[preset][`${row.detector}/${row.ood_set}`];
      const fpr = preset === "paper" ? row.fpr95_id : row.fpr95_ood;
      for (const [ours, theirs] of [
        [row.auroc, expected.auroc],
        [fpr, expected.fpr95],
        [row.aupr_in, expected.aupr_in],
        [row.aupr_out, expected.aupr_out],
      ]) {
        expect(Number(ours), `${row.detector}/${row.ood_set}`).toBeCloseTo(theirs, 9);
      }
      expect(Number(row.id_accuracy)).toBeCloseTo(manifest.intermediate.accuracy.id_test, 12);
      for (const set of ["id", row.ood_set]) {
        const ours = scores.get(`${row.detector}/${set}`)?.data as Float32Array;
        const theirs = tensors.get(`${preset}/${row.detector}/${set}`)?.data as Float32Array;
        const { atol } = manifest.tolerance.conf[row.detector as string];
        const worst = theirs.reduce((most, score, k) => Math.max(most, Math.abs((ours[k] as number) - score)), 0);
        expect(ours).toHaveLength(theirs.length);
        expect(worst, `${row.detector}/${set}`).toBeLessThanOrEqual(atol);
      }
    }
  });
});
