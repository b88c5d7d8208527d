import { blobSource } from "../../checkpoints/byteSource.ts";
import { openCheckpoint } from "../../checkpoints/openCheckpoint.ts";
import type { Benchmark } from "../../data/benchmark.ts";
import type { ImageSet } from "../../data/imageSet.ts";
import type { Engine } from "../../engine/network.ts";
import type { ImageOps } from "../../engine/ops/imageOps.ts";
import { Sha256 } from "../../generators/uploaded/sha256.ts";
import { checkInception } from "../../metrics/fidelity/inception/inceptionKeys.ts";
import { INCEPTION_SIZE, inceptionBlocks } from "../../metrics/fidelity/inception/inceptionLayers.ts";
import { InceptionNetwork } from "../../metrics/fidelity/inception/inceptionNetwork.ts";
import { inceptionInput, type ResizerName } from "../../metrics/fidelity/inception/resizers.ts";
import type { FidelityProtocol } from "../../study/fidelity.ts";
import type { LabellerSpec } from "../../study/generatorRecord.ts";
import { type Places, readClassifier } from "../labels/labeller.ts";
import type { InceptionUpload } from "./fidelityRequest.ts";

/** What turns images into features, and how the result is called. */
export interface FeatureNetwork {
  readonly name: "FID" | "Fréchet distance";
  readonly protocol: Pick<FidelityProtocol, "features" | "network" | "featureDim" | "resizer">;
  /** Classes of its logits; null where it has none. */
  readonly classes: number | null;
  /** Images that one call should take. */
  readonly batch: number;
  /** Features [count, featureDim] and logits [count, classes] of images first … first + count − 1. */
  forward(
    set: ImageSet,
    first: number,
    count: number,
  ): Promise<{ features: Float32Array; logits: Float32Array | null }>;
  dispose(): void;
}

/** A classifier of real images. Rejects as openLabeller does, where it is gone or learned from other images too. */
export async function openClassifierFeatures(
  places: Places,
  spec: LabellerSpec,
  benchmark: Benchmark,
  engine: Engine,
): Promise<FeatureNetwork> {
  const kept = await readClassifier(places, spec, benchmark);
  const network = await kept.open(engine);
  const size = benchmark.info.height * benchmark.info.width * 3;
  return {
    name: "Fréchet distance",
    protocol: {
      features: "classifier",
      network: `${spec.id} (SHA-256 ${kept.hash().slice(0, 12)})`,
      featureDim: network.featureDim,
      resizer: "none",
    },
    classes: network.spec.classes,
    batch: 256,
    forward: (set, first, count) => network.forward(set.images.subarray(first * size, (first + count) * size), count),
    dispose: () => network.dispose(),
  };
}

/** Inception-v3 from a file of the user's. Rejects with CheckpointError where it is another network. */
export async function openInceptionFeatures(
  { name, blob }: InceptionUpload,
  resizer: ResizerName,
  ops: ImageOps,
): Promise<FeatureNetwork> {
  const file = await openCheckpoint([{ name, source: blobSource(blob) }]);
  checkInception(file);
  const hash = new Sha256();
  hash.add(new Uint8Array(await blob.arrayBuffer()));
  const network = await InceptionNetwork.load(file, inceptionBlocks, ops);
  return {
    name: "FID",
    protocol: {
      features: "inception",
      network: `${name} (SHA-256 ${hash.hex().slice(0, 12)})`,
      featureDim: network.featureDim,
      resizer,
    },
    classes: null,
    batch: ops.device === "webgpu" ? 16 : 8,
    forward: async (set, first, count) => ({
      features: await network.features(inceptionInput(set, first, count, resizer), count, INCEPTION_SIZE),
      logits: null,
    }),
    dispose: () => network.dispose(),
  };
}
