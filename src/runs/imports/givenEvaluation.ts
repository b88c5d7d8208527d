import type { Role, SetInfo } from "../../data/benchmark.ts";
import { type ActivationTable, type Matrix, shapeText } from "../../data/formats/activationTable.ts";
import { FileError } from "../../data/formats/fileError.ts";
import { inMemory } from "../../detection/evaluation/activationSet.ts";
import type { Evaluation } from "../../detection/evaluation/evaluate.ts";
import type { DenseKernels } from "../../engine/dense/kernels.ts";

/** Images of one set whose features or logits were computed elsewhere. */
export interface GivenSet {
  /** Of the set in the evaluation. */
  readonly name: string;
  readonly group: SetInfo["group"];
  readonly role: Exclude<Role, "diagnostic">;
  readonly table: ActivationTable;
}

export interface GivenHead {
  readonly file: string;
  /** [K, d] */
  readonly weight: Matrix;
  /** [K] */
  readonly bias: Float32Array;
}

/** An evaluation of what was given, in memory. */
export interface GivenEvaluation {
  readonly evaluation: Evaluation;
  readonly sets: readonly SetInfo[];
  /** What was done beyond taking the numbers, one sentence each. */
  readonly notes: readonly string[];
}

/**
 * Puts sets and head together. Where a set has features but no logits, they are computed from the head, and said.
 * Without a head only logits count: the features would have nothing to be classified by.
 *
 * @throws FileError naming file, array and shapes, where something is missing or sets disagree in K or d
 */
export async function givenEvaluation(
  given: readonly GivenSet[],
  head: GivenHead | null,
  kernels: DenseKernels,
): Promise<GivenEvaluation> {
  const notes: string[] = [];
  const computed = given.filter(({ table }) => table.logits === null && table.features !== null);
  if (head !== null && computed.length > 0) {
    const files = computed.map(({ table }) => table.file).join(", ");
    notes.push(`Logits that did not come were computed from features and head: ${files}.`);
  }
  const sizes = head === null ? sizesWithoutHead(given) : sizesOfHead(head);
  const sets = new Map<string, ReturnType<typeof inMemory>>();
  for (const { name, group, role, table } of given) {
    const { file, count } = table;
    const features = head === null ? new Float32Array() : featuresOf(table, sizes);
    const logits = await logitsOf(table, features, head, sizes, kernels);
    const labels = group === "id" ? labelsOf(table, role, sizes.classes) : new Int32Array(count).fill(-1);
    if (head === null && table.features !== null) {
      notes.push(`${file}: its features are not used, since no head (weight, bias) came with them.`);
    }
    sets.set(name, inMemory({ count, features, logits, labels }));
  }
  const weight = head?.weight.data ?? new Float32Array();
  const bias = head?.bias ?? new Float32Array(sizes.classes);
  return {
    evaluation: {
      featureDim: sizes.featureDim,
      classes: sizes.classes,
      head: { weight, bias },
      sets,
      perturbed: new Map(),
    },
    sets: given.map(({ name, group, role, table }) => ({
      name,
      title: name,
      group,
      role,
      count: table.count,
      note: `From ${table.file}.`,
    })),
    notes,
  };
}

interface GivenSizes {
  readonly classes: number;
  readonly featureDim: number;
  /** Where they were read off, for messages. */
  readonly from: string;
}

function sizesOfHead({ file, weight }: GivenHead): GivenSizes {
  return { classes: weight.rows, featureDim: weight.columns, from: `the head's weight ${shape(weight)} (${file})` };
}

function sizesWithoutHead(given: readonly GivenSet[]): GivenSizes {
  const first = given.find(({ table }) => table.logits !== null)?.table;
  if (first?.logits == null) {
    const file = given[0]?.table.file ?? "";
    throw new FileError(
      file,
      "There are features, but neither logits nor a head.",
      "Add logits, or weight [K,d] and bias [K].",
    );
  }
  return { classes: first.logits.columns, featureDim: 0, from: `logits ${shape(first.logits)} (${first.file})` };
}

function featuresOf({ file, features }: ActivationTable, { featureDim, from }: GivenSizes): Float32Array {
  if (features === null)
    throw new FileError(file, "It has no tensor features [N, d].", "Every set needs features and logits.");
  if (features.columns !== featureDim) {
    throw new FileError(
      file,
      `features ${shape(features)} and ${from} disagree in d.`,
      "All sets come from one network.",
    );
  }
  return features.data;
}

async function logitsOf(
  { file, logits }: ActivationTable,
  features: Float32Array,
  head: GivenHead | null,
  { classes, featureDim, from }: GivenSizes,
  kernels: DenseKernels,
): Promise<Float32Array> {
  if (logits === null) {
    if (head === null) throw new FileError(file, "It has no tensor logits [N, K].", "Every set needs logits.");
    const { weight, bias } = head;
    return kernels.headLogits(features, featureDim, { weight: weight.data, bias }, Number.POSITIVE_INFINITY);
  }
  if (logits.columns !== classes) {
    throw new FileError(file, `logits ${shape(logits)} and ${from} disagree in K.`, "All sets come from one network.");
  }
  return logits.data;
}

function labelsOf({ file, labels, count }: ActivationTable, role: Role, classes: number): Int32Array {
  if (labels === null) {
    throw new FileError(
      file,
      `It has no tensor labels [${count}].`,
      `The ID ${role} set needs the class of every image.`,
    );
  }
  const bad = labels.findIndex((label) => label < 0 || label >= classes);
  if (bad >= 0) {
    throw new FileError(
      file,
      `labels [${count}] holds ${labels[bad]} in row ${bad}, outside 0 … ${classes - 1}.`,
      `K is ${classes}.`,
    );
  }
  return labels;
}

function shape({ rows, columns }: Matrix): string {
  return shapeText({ shape: [rows, columns] });
}
