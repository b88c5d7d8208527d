import { type ByteSource, blobSource } from "../../checkpoints/byteSource.ts";
import { openStateDict } from "../../checkpoints/stateDict.ts";
import { headTable } from "../../data/formats/activationTable.ts";
import { baseName, FileError } from "../../data/formats/fileError.ts";
import { readTensorFile, type TensorFile } from "../../data/formats/tensorFile.ts";
import { writeEvaluation } from "../../detection/evaluation/evaluationCache.ts";
import type { DetectorChoice } from "../../detection/params.ts";
import { detectors } from "../../detection/registry.ts";
import type { Scoring } from "../../detection/scoring/scoreSets.ts";
import { summariseDetectors } from "../../detection/scoring/summarise.ts";
import type { Json } from "../../storage/store.ts";
import { shortHash } from "../../study/canonical.ts";
import { WorkbenchError } from "../../study/errors.ts";
import type { AccuracyGate, ImportedEvaluation, ImportKind } from "../../study/rescore.ts";
import { openBenchmark } from "../benchmarks.ts";
import { evaluateCheckpoint } from "../evaluation/evaluateCheckpoint.ts";
import { type ScoreContext, scoringOf } from "../evaluation/rescore.ts";
import { keys } from "../keys.ts";
import { acceptAccuracy, accuracyGate, type Expectation, expectedFromName, idTestAccuracy } from "./accuracyGate.ts";
import { classifierCheckpoint } from "./classifierCheckpoint.ts";
import { type GivenHead, type GivenSet, givenEvaluation } from "./givenEvaluation.ts";
import { writeImportedClassifier } from "./importedClassifier.ts";
import { deleteAbandoned, importId } from "./importedEvaluations.ts";
import type { ImportOptions, SetAssignment } from "./importOptions.ts";
import { scoreResults, scoresEntry } from "./importScores.ts";
import { checkSetName, setTables } from "./importTables.ts";

/** A dropped file. */
export interface ImportFile {
  /** Path-like; unique among the files. */
  readonly name: string;
  readonly blob: Blob;
}

/** A record without what only the caller knows. */
type Found = Omit<ImportedEvaluation, "id" | "name" | "preset" | "created">;

/**
 * Reads files as one evaluation, judges it with every detector that has what it needs, and keeps both. What the files
 * hold decides the kind: a checkpoint; features, logits and a head; logits; or scores, each method its own result.
 *
 * While the accuracy gate is closed the record comes back with no detectors and is not kept: import again with
 * `acceptAccuracy`. On any failure nothing is kept.
 *
 * @throws FileError or WorkbenchError with a message for the page
 */
export async function importEvaluation(
  files: readonly ImportFile[],
  options: ImportOptions,
  context: ScoreContext,
): Promise<ImportedEvaluation> {
  const created = new Date().toISOString();
  const id = importId(created, shortHash(`${options.name} ${created}`).slice(0, 8));
  const { store } = context;
  await deleteAbandoned(store, Date.parse(created));
  try {
    const checkpoint = files.find(({ name }) => options.files[name]?.use === "checkpoint");
    const found =
      checkpoint === undefined
        ? await importNumbers(files, options, context, id)
        : await importCheckpoint(checkpoint, options, context, id);
    const record: ImportedEvaluation = { ...found, id, name: options.name, preset: options.preset, created };
    if (record.gate.open) await store.write([[keys.imported(id), { meta: record as unknown as Json, arrays: {} }]]);
    return record;
  } catch (error) {
    await store.deleteAll(keys.importedPrefix(id));
    throw error;
  }
}

async function importCheckpoint(
  file: ImportFile,
  options: ImportOptions,
  context: ScoreContext,
  id: string,
): Promise<Found> {
  if (options.benchmark === null) {
    throw new WorkbenchError("import-benchmark", `${file.name}: say which benchmark the classifier was trained on.`);
  }
  const checkpoint = await inFile(file.name, async () =>
    classifierCheckpoint(await openStateDict(blobSource(file.blob))),
  );
  const benchmark = await openBenchmark(options.benchmark, context.store);
  const choices = detectors.map(({ name }) => ({ name }));
  const { gate, target } = await evaluateCheckpoint({
    ...context,
    checkpoint,
    benchmark,
    preset: options.preset,
    choices,
    expectation: expectationOf(options, file.name),
    acceptAccuracy: options.acceptAccuracy,
    prefix: keys.importedActivations(id),
  });
  const { sets, id: benchmarkId } = benchmark.info;
  const results =
    target === null ? [] : await summariseDetectors(target.evaluation, sets, choices, scoringOf(target, context));
  if (target !== null) await writeImportedClassifier(context.store, id, checkpoint);
  const { classes, width } = checkpoint.spec;
  const notes = [`ResNet-18 for 32-pixel images, width ${width}, ${classes} classes.`, ...checkpoint.notes];
  return {
    kind: "checkpoint",
    benchmark: benchmarkId,
    sets,
    classes,
    featureDim: 8 * width,
    gate,
    detectors: results,
    notes,
  };
}

async function importNumbers(
  files: readonly ImportFile[],
  options: ImportOptions,
  context: ScoreContext,
  id: string,
): Promise<Found> {
  const { given, head, notes } = await readSets(files, options);
  if (!given.some(({ group, role }) => group === "id" && role === "test")) {
    throw new WorkbenchError("import-sets", "None of the files is the ID test set. Say which one is.");
  }
  if (!given.some(({ group, role }) => group !== "id" && role === "test")) {
    throw new WorkbenchError("import-sets", "None of the files is an OOD test set. Say which ones are, near or far.");
  }
  if (given.every(({ table }) => table.features === null && table.logits === null)) {
    await context.store.write([[keys.importedScores(id), scoresEntry(given)]]);
    const gate = {
      open: true,
      measured: null,
      expected: null,
      reason: "Only scores came: nothing tells the ID accuracy.",
    };
    const sets = given.map(({ name, group, role, table }) => ({
      name,
      title: name,
      group,
      role,
      count: table.count,
      note: `From ${table.file}.`,
    }));
    return {
      kind: "scores",
      benchmark: null,
      sets,
      classes: 0,
      featureDim: 0,
      gate,
      detectors: scoreResults(given),
      notes,
    };
  }
  const built = await givenEvaluation(given, head, context.kernels);
  const { evaluation, sets } = built;
  const kind: ImportKind = head === null ? "logits" : "features";
  const gate = gateOf(built, options);
  const choices = choicesFor(kind, given, notes);
  const scoring: Scoring = scoringOf({ preset: options.preset, normalisation: null }, context);
  const results = gate.open ? await summariseDetectors(evaluation, sets, choices, scoring) : [];
  if (gate.open) {
    const keeping = { dtype: "float32", backend: "import" } as const;
    await writeEvaluation(context.store, keys.importedActivations(id), evaluation, keeping);
  }
  const { classes, featureDim } = evaluation;
  return {
    kind,
    benchmark: null,
    sets,
    classes,
    featureDim,
    gate,
    detectors: results,
    notes: [...notes, ...built.notes],
  };
}

interface Given {
  readonly given: readonly GivenSet[];
  readonly head: GivenHead | null;
  readonly notes: string[];
}

async function readSets(files: readonly ImportFile[], options: ImportOptions): Promise<Given> {
  const given = new Map<string, GivenSet>();
  const notes: string[] = [];
  let head: GivenHead | null = null;
  const add = (file: string, { set, group, role }: SetAssignment, table: GivenSet["table"]): void => {
    checkSetName(file, set);
    if (group !== "id" && role === "train") {
      throw new FileError(file, `"${set}" is an OOD set, and no detector is fitted on those.`, "Make it val or test.");
    }
    if (table.passedOver.length > 0)
      notes.push(`${file}: passed over were ${table.passedOver.slice(0, 8).join(", ")}.`);
    const other = given.get(set);
    given.set(set, { name: set, group, role, table: other === undefined ? table : joined(set, other.table, table) });
  };
  for (const file of files) {
    const use = options.files[file.name];
    if (use === undefined || use.use === "nothing" || use.use === "checkpoint") continue;
    const tensors = await openTensors(file);
    if (use.use === "head") {
      if (head !== null) throw new FileError(file.name, "It is a second head.", "Choose one.");
      head = { file: file.name, ...headTable(tensors) };
      continue;
    }
    for (const { set, table } of setTables(tensors)) {
      const assignment = use.use === "set" ? use : options.sets[set ?? ""];
      if (use.use === "set" && set !== null) {
        throw new FileError(file.name, "It holds several sets.", "Say for each which one it is, not for the file.");
      }
      if (assignment !== undefined) add(file.name, assignment, table);
      else notes.push(`${file.name}: its set "${set}" was not used.`);
    }
  }
  const order = ["id", "near", "far"];
  const sorted = [...given.values()].sort((a, b) => order.indexOf(a.group) - order.indexOf(b.group));
  refuseTwice(sorted);
  return { given: sorted, head, notes };
}

/** Several files may hold scores of one set, each of other methods. */
function joined(set: string, first: GivenSet["table"], second: GivenSet["table"]): GivenSet["table"] {
  const scoresOnly = [first, second].every(({ features, logits }) => features === null && logits === null);
  const twice = [...second.scores.keys()].find((method) => first.scores.has(method));
  if (!scoresOnly || twice !== undefined) {
    const what = twice === undefined ? "" : ` with scores of "${twice}"`;
    throw new FileError(second.file, `${first.file} is the set "${set}"${what} as well.`, "Choose one of them.");
  }
  if (first.count !== second.count) {
    throw new FileError(
      second.file,
      `It has ${second.count} images of "${set}", ${first.file} has ${first.count}.`,
      "Score the same images.",
    );
  }
  return { ...first, scores: new Map([...first.scores, ...second.scores]) };
}

function refuseTwice(given: readonly GivenSet[]): void {
  for (const role of ["train", "val", "test"]) {
    const ids = given.filter((set) => set.group === "id" && set.role === role);
    if (ids.length > 1) {
      throw new WorkbenchError(
        "import-sets",
        `There is one ID ${role} set, not ${ids.map(({ name }) => name).join(" and ")}.`,
      );
    }
  }
}

function gateOf(
  { evaluation, sets }: Pick<Awaited<ReturnType<typeof givenEvaluation>>, "evaluation" | "sets">,
  options: ImportOptions,
): AccuracyGate {
  const measured = idTestAccuracy(evaluation, sets);
  if (measured === null)
    return { open: true, measured: null, expected: null, reason: "Without labels nothing tells the ID accuracy." };
  const gate = accuracyGate(measured.accuracy, measured.images, evaluation.classes, expectationOf(options, ""));
  return options.acceptAccuracy ? acceptAccuracy(gate) : gate;
}

function expectationOf({ expectedAccuracy }: ImportOptions, file: string): Expectation | null {
  const named = expectedFromName(baseName(file));
  if (expectedAccuracy === null || named?.accuracy === expectedAccuracy) return named;
  return { accuracy: expectedAccuracy, from: "The expectation given" };
}

/** Every detector that has what it needs; a note for those that have not. */
function choicesFor(kind: ImportKind, given: readonly GivenSet[], notes: string[]): DetectorChoice[] {
  const has = (role: string): boolean => given.some((set) => set.group === "id" && set.role === role);
  const without: string[] = [];
  const chosen = detectors.filter(({ title, perturb, readsFeatures, fitsOn }) => {
    const missing =
      perturb !== undefined
        ? "the images"
        : readsFeatures && kind === "logits"
          ? "features and a head"
          : fitsOn !== "nothing" && !has(fitsOn)
            ? `an ID ${fitsOn} set`
            : null;
    if (missing !== null) without.push(`${title} (needs ${missing})`);
    return missing === null;
  });
  if (without.length > 0) notes.push(`Left out: ${without.join(", ")}.`);
  return chosen.map(({ name }) => ({ name }));
}

async function openTensors({ name, blob }: ImportFile): Promise<TensorFile> {
  const source: ByteSource = blobSource(blob);
  return readTensorFile(name, source);
}

/** Puts the file's name in front of what a reader of checkpoints says. */
export async function inFile<T>(file: string, read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (cause) {
    if (!(cause instanceof Error)) throw cause;
    throw new WorkbenchError("checkpoint-refused", `${file}: ${cause.message}`, { cause });
  }
}
