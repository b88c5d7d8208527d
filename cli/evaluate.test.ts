import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import Papa from "papaparse";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { readSafetensors, type TensorToWrite, writeSafetensors } from "../src/checkpoints/safetensors.ts";
import { torchFile } from "../src/checkpoints/testing/torchFile.ts";
import { architecture, stateLayout } from "../src/networks/architecture.ts";
import { main } from "./main.ts";
import { aroundEachCommand } from "./testing/node/command.ts";

const command = aroundEachCommand("sio-evaluate-test-");

/** A ResNet-18 of width 8 with that many classes, all weights 0 and variances 1. */
function checkpoint(classes: number, change: (tensors: Map<string, TensorToWrite>) => void = () => {}): string {
  const layout = stateLayout(architecture({ architecture: "resnet18", width: 8, classes, imageSize: 32 }));
  const tensors = new Map<string, TensorToWrite>(
    layout.map(({ name, shape, kind }) => {
      const data = new Float32Array(shape.reduce((product, extent) => product * extent, 1));
      return [name, { shape, data: kind === "running_var" ? data.fill(1) : data }];
    }),
  );
  change(tensors);
  const path = join(command.folder, "x.safetensors");
  writeFileSync(path, writeSafetensors(tensors));
  return path;
}

const out = () => join(command.folder, "out");
const run = (path: string, ...more: string[]) =>
  main(["evaluate", path, "--benchmark", "shapes", "--out", out(), ...more]);

it.each([
  ["another number of classes", () => checkpoint(100), /it has 100 classes, Shapes has 10\./],
  ["a missing tensor", () => checkpoint(10, (tensors) => tensors.delete("bn1.bias")), /bn1\.bias \[8\] is missing/],
  [
    "a superfluous one",
    () => checkpoint(10, (tensors) => tensors.set("fc2.bias", { shape: [1], data: new Float32Array(1) })),
    /fc2\.bias \[1\] is not part of it/,
  ],
  [
    "NaN",
    () => checkpoint(10, (tensors) => tensors.get("fc.bias")?.data.fill(Number.NaN as never)),
    /fc\.bias \[10\] holds NaN at element 0/,
  ],
  [
    "a 224-pixel network",
    () =>
      checkpoint(10, (tensors) =>
        tensors.set("layer2.0.downsample.0.weight", { shape: [1], data: new Float32Array(1) }),
      ),
    /ResNet for 224-pixel/,
  ],
  ["no file", () => join(command.folder, "nowhere.ckpt"), /nowhere\.ckpt/],
])("refuses %s with exit code 2, and writes nothing", async (_, make, message) => {
  expect(await run(make())).toBe(2);
  expect(command.stderr).toMatch(message);
  expect(existsSync(out())).toBe(false);
});

type Row = Record<string, string>;

const rowsOf = (path: string): Row[] =>
  Papa.parse<Row>(readFileSync(path, "utf8").trimEnd(), { header: true }).data.filter(({ auroc }) => auroc !== "");

describe("on a trained classifier", () => {
  let study: string;
  let cell: string;
  /** As results.csv of `sio run` has it. */
  let accuracy: number;
  const detectors = ["--detector", "msp,knn", "--preset", "quick", "--backend", "wasm"];

  beforeAll(async () => {
    study = mkdtempSync(join(tmpdir(), "sio-evaluate-study-"));
    vi.spyOn(process.stdout, "write").mockReturnValue(true);
    const file = join(study, "study.json");
    const planned = await main([
      ..."study --benchmark shapes --preset look --width 8 --alpha 1 --seeds 0 --set steps=8 --no-predict".split(" "),
      ...["--detector", "msp,knn", "--quiet", "--out", file],
    ]);
    const ran = await main(["run", file, "--out", study, "--backend", "wasm", "--quiet", "--json"]);
    vi.restoreAllMocks();
    expect([planned, ran]).toEqual([0, 0]);
    cell = join(study, "cells", readdirSync(join(study, "cells"))[0] as string);
    accuracy = Number(rowsOf(join(study, "results.csv"))[0]?.id_accuracy);
  }, 240_000);

  afterAll(() => rmSync(study, { recursive: true }));

  /** Its weights as `torch.save` of a DataParallel model in a training loop's dict. */
  function torchCheckpoint(): string {
    const { tensors } = readSafetensors(readFileSync(join(cell, "checkpoint.safetensors")));
    const state = new Map<string, { shape: readonly number[]; data: Float32Array | BigInt64Array }>();
    for (const [name, { shape, data }] of tensors) {
      state.set(`module.${name}`, { shape, data: Float32Array.from(data, Number) });
      if (name.endsWith("running_var")) {
        const counter = name.replace("running_var", "num_batches_tracked");
        state.set(`module.${counter}`, { shape: [], data: BigInt64Array.of(8n) });
      }
    }
    const path = join(command.folder, "best.ckpt");
    writeFileSync(path, torchFile(state, "state_dict"));
    return path;
  }

  const percent = () => `${(accuracy * 100).toFixed(2)} %`;

  it("has the bits of sio run's own evaluation, from a torch file, once its accuracy is accepted", async () => {
    expect(await run(torchCheckpoint(), ...detectors, "--expect-accuracy", "99", "--accept-accuracy", "--json")).toBe(
      0,
    );
    const ours = readSafetensors(readFileSync(join(out(), "scores.safetensors")));
    const theirs = readSafetensors(readFileSync(join(cell, "scores.safetensors")));
    expect(ours.tensors).toEqual(theirs.tensors);
    expect([...ours.tensors.keys()]).toContain("knn/near_unseen");
    expect(ours.metadata.hyper_parameters).toBe(theirs.metadata.hyper_parameters);
    const metrics = rowsOf(join(out(), "metrics.csv"));
    const told = ({ detector, ood_set, n_id, n_ood, auroc, fpr95_id, aupr_out, id_accuracy }: Row) =>
      [detector, ood_set, n_id, n_ood, auroc, fpr95_id, aupr_out, id_accuracy].join();
    expect(metrics.map(told)).toEqual(rowsOf(join(study, "results.csv")).map(told));
    expect(metrics[0]).toMatchObject({ cell: "", benchmark: "shapes", network: "resnet18", width: "8", steps: "" });
    const report = JSON.parse(command.stdout);
    expect(report.gate).toMatchObject({ open: true, measured: accuracy, expected: 0.99 });
    expect(report.metrics).toHaveLength(metrics.length);
    expect(command.stderr).toContain("Accepted by the user");
    expect(readdirSync(out()).sort()).toEqual(["metrics.csv", "scores.safetensors"]);
  }, 240_000);

  it.each([
    ["is not the expected one", torchCheckpoint, ["--expect-accuracy", "0.99"], () => percent()],
    ["is that of chance", () => checkpoint(10), [], () => "a clear margin over the chance of 10 classes"],
  ])(
    "shows no OOD number where the accuracy %s, exit code 1",
    async (_, path, more, told) => {
      expect(await run(path(), ...detectors, "--json", ...more)).toBe(1);
      expect(command.stderr).toContain("The ID test accuracy is");
      expect(command.stderr).toContain(told());
      expect(`${command.stdout}${command.stderr}`).not.toMatch(/auroc|near|far|knn/i);
      expect(JSON.parse(command.stdout)).toMatchObject({ out: null, gate: { open: false } });
      expect(existsSync(out())).toBe(false);
    },
    240_000,
  );

  it("writes nothing when it is interrupted, exit code 130", async () => {
    vi.mocked(process.stderr.write).mockImplementation((text) => {
      command.stderr += text;
      if (`${text}`.includes("The ID test accuracy")) process.emit("SIGINT");
      return true;
    });
    expect(await run(torchCheckpoint(), ...detectors, "--expect-accuracy", String(accuracy))).toBe(130);
    expect(command.stderr).toContain("Interrupted");
    expect(existsSync(out())).toBe(false);
  }, 240_000);
});
