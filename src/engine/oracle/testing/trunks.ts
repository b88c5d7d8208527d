import { trunkLayout } from "../../../networks/architecture.ts";
import { type Trunk, TrunkBuilder } from "../../../networks/trunk.ts";
import { Stream } from "../../../random/stream.ts";
import type { StateDict } from "../../network.ts";

/** Uniform in [−1, 1); other numbers for every name. */
export function noise(name: string, length: number): Float64Array {
  const stream = new Stream(7, name);
  return Float64Array.from({ length }, () => stream.uniform(-1, 1));
}

/** Weights that keep activations near 1; gains and running variances around 1, the rest around 0. */
export function randomState(trunk: Trunk): StateDict {
  return new Map(
    trunkLayout(trunk).map(({ name, shape, kind, fanIn }) => {
      const length = shape.reduce((product, side) => product * side, 1);
      const around = kind === "gain" || kind === "running_var" ? 1 : 0;
      const data = Float32Array.from(noise(name, length), (v) => around + 0.5 * v * Math.sqrt(6 / (fanIn + 5)));
      return [name, { shape, data }];
    }),
  );
}

/** Every kind of layer, on pictures that are not square, with a map read three times and one not used at all. */
export function mixedTrunk(height = 22, width = 15): Trunk {
  const builder = new TrunkBuilder(height, width);
  const conv = builder.convolution("stem", builder.input, 6, { kernel: 7, stride: 2, padding: 3 });
  const x = builder.maxPool(builder.relu(builder.batchNorm("bn", conv)), { kernel: 3, stride: 2, padding: 1 });
  const side = builder.averagePool(x, { kernel: 3, stride: 1, padding: 1 });
  builder.convolution("unused", x, 2, { kernel: 1, stride: 1, padding: 0 });
  const joined = builder.concat(builder.add(x, side), x, side);
  return builder.build(builder.convolution("last", joined, 5, { kernel: 2, stride: 2, padding: 1 }));
}
