import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { type TensorToWrite, writeSafetensors } from "../src/checkpoints/safetensors.ts";
import { architecture, stateLayout } from "../src/networks/architecture.ts";
import { main } from "./main.ts";

let folder: string;
let stderr = "";

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "sio-evaluate-test-"));
  stderr = "";
  vi.spyOn(process.stderr, "write").mockImplementation((text) => {
    stderr += text;
    return true;
  });
});

afterEach(() => {
  vi.restoreAllMocks();
  rmSync(folder, { recursive: true });
});

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
  const path = join(folder, "x.safetensors");
  writeFileSync(path, writeSafetensors(tensors));
  return path;
}

const out = () => join(folder, "out");
const run = (path: string, ...more: string[]) =>
  main(["evaluate", path, "--benchmark", "shapes", "--out", out(), ...more]);

it.each([
  ["another number of classes", () => checkpoint(7), /it has 7 classes, Shapes has \d+/],
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
  ["no file", () => join(folder, "nowhere.ckpt"), /nowhere\.ckpt/],
])("refuses %s with exit code 2, and writes nothing", async (_, make, message) => {
  expect(await run(make())).toBe(2);
  expect(stderr).toMatch(message);
  expect(existsSync(out())).toBe(false);
});
