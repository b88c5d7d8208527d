import { describe, expect, it } from "vitest";
import { stateLayout } from "../../../../networks/architecture.ts";
import { compileTrunk } from "../../../plan/compile.ts";
import { testArchitectures } from "../testing/trunks.ts";
import { ParameterLayout } from "./parameterLayout.ts";
import { readTensor, stateTensors, writeTensor } from "./stateTensors.ts";

describe.each(Object.keys(testArchitectures))("state_dict of %s", (name) => {
  const architecture = (testArchitectures[name] as (typeof testArchitectures)[string])();
  const layout = new ParameterLayout(compileTrunk(architecture.trunk, 4), architecture.classes);
  const tensors = stateTensors(layout);

  it("has the names, shapes and order of the architecture", () => {
    const expected = stateLayout(architecture).map(({ name, shape, trained }) => ({ name, shape, trained }));
    expect(tensors.map(({ name, shape, arena }) => ({ name, shape, trained: arena === "trained" }))).toEqual(expected);
  });

  it("comes out as it went in, no two values in one place, dead lanes untouched", () => {
    const arenas = {
      trained: new Float32Array(layout.trained.length),
      running: new Float32Array(layout.running.length),
    };
    let total = 0;
    const values = tensors.map(({ shape }) => {
      const data = Float32Array.from({ length: shape.reduce((product, side) => product * side, 1) }, () => ++total);
      return data;
    });
    for (const [i, tensor] of tensors.entries()) writeTensor(arenas[tensor.arena], tensor, values[i] as Float32Array);
    for (const [i, tensor] of tensors.entries()) expect(readTensor(arenas[tensor.arena], tensor)).toEqual(values[i]);
    const live = [...arenas.trained, ...arenas.running].filter((value) => value !== 0);
    expect(live.length).toBe(total);
  });

  it("begins every tensor where a binding may begin", () => {
    for (const { segment } of tensors) expect((segment.offset * 4) % 256).toBe(0);
  });
});

it("keeps a convolution's weights as [kernel][kernel][in][out]", () => {
  const architecture = (testArchitectures.bare as (typeof testArchitectures)[string])();
  const layout = new ParameterLayout(compileTrunk(architecture.trunk, 4), architecture.classes);
  const [weight] = stateTensors(layout);
  if (!weight) throw new Error("no weight");
  // [5][3][3][3]: 5 outputs in 8 lanes, 3 inputs in 4.
  const arena = new Float32Array(layout.trained.length);
  const data = Float32Array.from({ length: 135 }, (_, i) => i);
  writeTensor(arena, weight, data);
  const [o, i, row, column] = [3, 2, 1, 2];
  expect(arena[((row * 3 + column) * 4 + i) * 8 + o]).toBe(data[((o * 3 + i) * 3 + row) * 3 + column]);
});
