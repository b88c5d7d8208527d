import { blobSource } from "../../checkpoints/byteSource.ts";
import { openStateDict } from "../../checkpoints/stateDict.ts";
import { baseName } from "../../data/formats/fileError.ts";
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
import { type GivenSet, givenEvaluation } from "./givenEvaluation.ts";
import { readSets } from "./givenSets.ts";
import { writeImportedClassifier } from "./importedClassifier.ts";
import { deleteAbandoned, importId } from "./importedEvaluations.ts";
import type { ImportFile, ImportOptions } from "./importOptions.ts";
import { scoreResults, scoresEntry } from "./importScores.ts";

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

/** Puts the file's name in front of what a reader of checkpoints says. */
export async function inFile<T>(file: string, read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (cause) {
    if (!(cause instanceof Error)) throw cause;
    throw new WorkbenchError("checkpoint-refused", `${file}: ${cause.message}`, { cause });
  }
}
