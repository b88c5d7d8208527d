import type { StateDictFile, StoredTensor } from "../../checkpoints/stateDict.ts";
import type { BenchmarkInfo } from "../../data/benchmark.ts";
import type { Engine, Network, NetworkSpec, StateDict } from "../../engine/network.ts";
import { architecture, stateLayout } from "../../networks/architecture.ts";
import { WorkbenchError } from "../../study/errors.ts";

/** A trained classifier out of a file. */
export interface ClassifierCheckpoint {
  readonly spec: NetworkSpec;
  readonly state: StateDict;
  /** What was mapped, unwrapped or looks odd, one sentence each. */
  readonly notes: readonly string[];
}

/** Side of the images that the 3×3 stem without pooling is made for. */
const SMALL_IMAGES = 32;
const LISTED = 12;

/**
 * Recognises a classifier by the names and shapes of its tensors: OpenOOD's ResNet18_32x32 of any width and number of
 * classes, which is also what this program writes. Every tensor that is missing, superfluous or of another shape is
 * named; `num_batches_tracked` plays no part in evaluation.
 *
 * @throws WorkbenchError "checkpoint-refused"
 */
export async function classifierCheckpoint(file: StateDictFile): Promise<ClassifierCheckpoint> {
  const tensors = new Map([...file.tensors].filter(([name]) => !name.endsWith("num_batches_tracked")));
  const other = otherNetwork(tensors);
  if (other !== null) throw refused(other);
  const spec = specOf(tensors);
  const layout = stateLayout(architecture(spec));
  const problems: string[] = [];
  for (const { name, shape } of layout) {
    const tensor = tensors.get(name);
    if (tensor === undefined) problems.push(`${name} ${list(shape)} is missing`);
    else if (list(tensor.shape) !== list(shape)) {
      problems.push(`${name} has shape ${list(tensor.shape)}, expected ${list(shape)}`);
    } else if (!/^(F|BF)/.test(tensor.dtype)) problems.push(`${name} is ${tensor.dtype}, expected floats`);
  }
  const known = new Set(layout.map(({ name }) => name));
  for (const [name, { shape }] of tensors)
    if (!known.has(name)) problems.push(`${name} ${list(shape)} is not part of it`);
  if (problems.length > 0) {
    const more = problems.length > LISTED ? `; and ${problems.length - LISTED} more` : "";
    const what = `ResNet-18 for ${SMALL_IMAGES}-pixel images, width ${spec.width}, ${spec.classes} classes`;
    throw refused(`Its tensors do not fit a ${what}: ${problems.slice(0, LISTED).join("; ")}${more}.`);
  }
  const state: StateDict = new Map();
  for (const { name, shape, kind } of layout) {
    const data = await readFloats(name, tensors.get(name) as StoredTensor);
    if (kind === "running_var" && data.some((variance) => variance < 0)) {
      throw refused(`${name} holds a negative variance: the file is damaged.`);
    }
    state.set(name, { shape, data });
  }
  return { spec, state, notes: [...file.notes, ...file.warnings] };
}

/**
 * Throws WorkbenchError "checkpoint-mismatch", with the numbers, where the classifier cannot be evaluated on the
 * benchmark.
 */
export function checkFits({ spec }: ClassifierCheckpoint, info: BenchmarkInfo): void {
  const problems: string[] = [];
  if (spec.classes !== info.classNames.length) {
    problems.push(`it has ${spec.classes} classes, ${info.title} has ${info.classNames.length}`);
  }
  if (info.height !== spec.imageSize || info.width !== spec.imageSize) {
    problems.push(
      `it takes images of ${spec.imageSize}×${spec.imageSize} pixels, ${info.title} has ${info.width}×${info.height}`,
    );
  }
  if (problems.length > 0) {
    throw new WorkbenchError(
      "checkpoint-mismatch",
      `The classifier does not fit the benchmark: ${problems.join("; ")}. Choose the benchmark that it was trained on.`,
    );
  }
}

/** The network with the checkpoint's weights; whoever asks for it disposes it. */
export async function openClassifier(
  engine: Engine,
  { spec, state }: Pick<ClassifierCheckpoint, "spec" | "state">,
  { mean, std }: Pick<BenchmarkInfo, "mean" | "std">,
): Promise<Network> {
  const network = await engine.createNetwork(spec, { maxBatch: 128, normalisation: { mean, std } });
  try {
    await network.importState(state);
    return network;
  } catch (error) {
    network.dispose();
    throw error;
  }
}

function specOf(tensors: ReadonlyMap<string, StoredTensor>): NetworkSpec {
  const stem = tensors.get("conv1.weight")?.shape ?? [];
  const head = tensors.get("fc.weight")?.shape ?? [];
  const [width = 0] = stem;
  const [classes = 0, features = 0] = head;
  const plausible = stem.length === 4 && head.length === 2 && width % 8 === 0 && width > 0 && width <= 1024;
  if (!plausible || classes < 2 || classes > 100_000 || features !== 8 * width) {
    throw refused(
      `It is no classifier that is known here: conv1.weight ${list(stem)} and fc.weight ${list(head)} are not those of a ` +
        "ResNet-18 for 32-pixel images ([width, 3, 3, 3], width a multiple of 8, and [classes, 8 · width]).",
    );
  }
  return { architecture: "resnet18", width, classes, imageSize: SMALL_IMAGES };
}

/** The sentence for a network that is recognised, but cannot be run yet; null for others. */
function otherNetwork(tensors: ReadonlyMap<string, StoredTensor>): string | null {
  const names = [...tensors.keys()];
  const stem = tensors.get("conv1.weight")?.shape ?? [];
  const runs = "Only ResNet-18 for 32-pixel images can be evaluated yet.";
  if (names.some((name) => name.startsWith("backbone.")))
    return `It is a network with its own head (G-ODIN: names begin with "backbone."). ${runs}`;
  if (names.some((name) => /^block\d\.layer\.\d+\.conv1/.test(name)))
    return `It is a DenseNet (block1.layer.0 …). ${runs}`;
  if (names.some((name) => name.includes(".downsample.")) || (stem[2] === 7 && stem[3] === 7)) {
    return `It is a ResNet for 224-pixel images (conv1.weight ${list(stem)}, downsample). ${runs}`;
  }
  if (names.some((name) => /^layer\d\.\d+\.conv3\./.test(name)) || names.some((name) => name.startsWith("layer1.2."))) {
    return `It is a deeper ResNet than ResNet-18. ${runs}`;
  }
  return null;
}

async function readFloats(name: string, tensor: StoredTensor): Promise<Float32Array> {
  const data = await tensor.read();
  const floats = data instanceof Float32Array ? data : Float32Array.from(data, Number);
  const bad = floats.findIndex((value) => !Number.isFinite(value));
  if (bad >= 0) throw refused(`${name} ${list(tensor.shape)} holds ${floats[bad]} at element ${bad}.`);
  return floats;
}

function refused(message: string): WorkbenchError {
  return new WorkbenchError("checkpoint-refused", message);
}

function list(shape: readonly number[]): string {
  return `[${shape.join(", ")}]`;
}
