import { dispose, keep, mul, sum, type Tensor, tensor2d, tensor4d, variableGrads } from "@tensorflow/tfjs-core";
import { trunkLayout } from "../../../networks/architecture.ts";
import { type MapShape, type Trunk, TrunkBuilder } from "../../../networks/trunk.ts";
import { noise, randomState } from "../../oracle/testing/trunks.ts";
import { OracleTrunk } from "../../oracle/trunk.ts";
import type { BatchStatistics } from "../batchNorm.ts";
import type { TapeDevice } from "../device.ts";
import { disposeStatistics } from "../gradients.ts";
import { hwioToOihw } from "../layout.ts";
import { Parameters } from "../parameters.ts";
import { byBatchStatistics, byRunningStatistics, features } from "../trunk.ts";
import { updateRunningStatistics } from "../update.ts";
import { relativeDifference } from "./goldenFill.ts";

type Mode = "training" | "evaluation";

/** A gradient from the device, as PyTorch lays it out. */
export async function readGradient(gradient: Tensor, shape: readonly number[]): Promise<Float32Array> {
  const data = await gradient.data<"float32">();
  return shape.length === 4 ? hwioToOihw(data, shape) : data.slice();
}

/** A concatenation of more pieces than one shader can bind. */
export function manyPieces(): Trunk {
  const builder = new TrunkBuilder(5, 4);
  const pieces = Array.from({ length: 9 }, (_, i) =>
    builder.convolution(`piece${i}`, builder.input, 1 + (i % 2), { kernel: 3, stride: 1, padding: 1 }),
  );
  return builder.build(builder.relu(builder.batchNorm("bn", builder.concat(...pieces))));
}

/**
 * Runs a seeded trunk on the device and on the oracle: features, gradients and, in training mode, running statistics.
 * Deviations by name, relative to each tensor's largest entry.
 */
export async function deviations(
  device: TapeDevice,
  trunk: Trunk,
  n: number,
  mode: Mode,
): Promise<{ name: string; error: number }[]> {
  const { height, width } = trunk.maps[trunk.input] as MapShape;
  const state = randomState(trunk);
  const pixels = noise("images", n * 3 * height * width);
  const oracle = new OracleTrunk(trunk, state);
  const trace = oracle.forward(pixels, n, mode);
  const dFeatures = noise("features", trace.features.length);
  const expected = oracle.backward(trace, dFeatures).gradients;
  if (mode === "training") oracle.updateRunningStatistics(trace);

  device.activate();
  const parameters = new Parameters(trunkLayout(trunk));
  parameters.write(state);
  const images = tensor4d(nhwc(pixels, height * width), [n, height, width, 3]);
  const weights = tensor2d(Float32Array.from(dFeatures), [n, trunk.featureDim]);
  const statistics = new Map<string, BatchStatistics>();
  const normalise = mode === "training" ? byBatchStatistics(parameters, statistics) : byRunningStatistics(parameters);
  const kept: Tensor[] = [images, weights];
  const { value, grads } = variableGrads(
    () => {
      const pooled = features(trunk, parameters, images, normalise);
      kept.push(keep(pooled.clone()));
      return sum(mul(pooled, weights));
    },
    [...expected.keys()].map((name) => parameters.get(name)),
  );
  updateRunningStatistics(device.rules, parameters, statistics);

  const pooled = (await kept.at(-1)?.data()) ?? [];
  const errors = [{ name: "features", error: relativeDifference(pooled, trace.features) }];
  for (const [name, gradient] of expected) {
    const own = grads[parameters.get(name).name] as Tensor;
    const error = relativeDifference(await readGradient(own, state.get(name)?.shape ?? []), gradient);
    errors.push({ name: `gradient of ${name}`, error });
  }
  for (const [name, { data }] of await parameters.read({ momenta: false })) {
    if (name.includes("running_")) errors.push({ name, error: relativeDifference(data, oracle.state.get(name)) });
  }
  dispose([...kept, value, ...Object.values(grads)]);
  disposeStatistics(statistics);
  parameters.dispose();
  return errors;
}

function nhwc(images: Float64Array, plane: number): Float32Array {
  return Float32Array.from(images, (_, i) => {
    const pixel = Math.floor(i / 3);
    return images[(Math.floor(pixel / plane) * 3 + (i % 3)) * plane + (pixel % plane)] as number;
  });
}
