import type { NamedSource } from "../../src/checkpoints/checkpointFile.ts";
import type { Picture } from "../../src/data/resize.ts";
import type { ImageOps } from "../../src/engine/ops/imageOps.ts";
import { openImageFiles } from "../../src/generators/imageSets/imageFiles.ts";
import type { ImageFiles } from "../../src/generators/imageSets/imageSource.ts";
import { type FeatureSet, featureSet } from "../../src/metrics/fidelity/features.ts";
import { INCEPTION_SIZE } from "../../src/metrics/fidelity/inception/inceptionLayers.ts";
import type { InceptionNetwork } from "../../src/metrics/fidelity/inception/inceptionNetwork.ts";
import { inceptionInput, type ResizerName } from "../../src/metrics/fidelity/inception/resizers.ts";
import { messageOf } from "../../src/study/errors.ts";
import { BadInput } from "../context.ts";

/** A .npz, .npy, .tar or folder of images. Throws BadInput where it is something else. */
export async function openImages(path: string, files: readonly NamedSource[]): Promise<ImageFiles> {
  const images = await openImageFiles(files).catch((error: unknown) => {
    throw new BadInput(`${path}: ${messageOf(error)}`, { cause: error });
  });
  if (images !== null) return images;
  throw new BadInput(
    `${path}: It holds no images. Known are .npz and .npy of uint8 images, .tar of PNG or JPEG, and folders of them; feature files take --features.`,
  );
}

/** Inception's features of the first `count` images, each resized from its own size. */
export async function inceptionFeatures(
  network: InceptionNetwork,
  images: ImageFiles,
  count: number,
  resizer: ResizerName,
  device: ImageOps["device"],
  progressed: (done: number) => Promise<void>,
): Promise<FeatureSet> {
  const batch = device === "webgpu" ? 16 : 8;
  const rows = new Float32Array(count * network.featureDim);
  const each = 3 * INCEPTION_SIZE ** 2;
  const input = new Float32Array(batch * each);
  let [done, waiting] = [0, 0];
  const flush = async (): Promise<void> => {
    const features = await network.features(input.slice(0, waiting * each), waiting, INCEPTION_SIZE);
    rows.set(features, done * network.featureDim);
    done += waiting;
    waiting = 0;
    await progressed(done);
  };
  for await (const picture of images.pictures()) {
    if (done + waiting === count) break;
    input.set(inputOf(picture, resizer), waiting++ * each);
    if (waiting === batch) await flush();
  }
  if (waiting > 0) await flush();
  return featureSet(rows.subarray(0, done * network.featureDim), network.featureDim);
}

function inputOf({ pixels, height, width }: Picture, resizer: ResizerName): Float32Array {
  return inceptionInput({ images: pixels, height, width }, 0, 1, resizer);
}
