import { bytesSource } from "../../checkpoints/byteSource.ts";
import { openStateDict } from "../../checkpoints/stateDict.ts";
import type { Benchmark } from "../../data/benchmark.ts";
import type { Engine, Network, StateDict } from "../../engine/network.ts";
import type { GeneratorContext, Labeller } from "../../generators/generator.ts";
import { Sha256 } from "../../generators/uploaded/sha256.ts";
import type { Store } from "../../storage/store.ts";
import { WorkbenchError } from "../../study/errors.ts";
import type { LabellerSpec } from "../../study/generatorRecord.ts";
import type { ImportedEvaluation } from "../../study/rescore.ts";
import { readSummary } from "../evaluation/summaries.ts";
import { openTrained } from "../evaluation/trainedNetwork.ts";
import { checkFits, classifierCheckpoint, openClassifier } from "../imports/classifierCheckpoint.ts";
import { readImportedClassifier } from "../imports/importedClassifier.ts";
import { keys } from "../keys.ts";
import { readReported } from "../trainCell.ts";
import { argmaxRows, confidenceRows } from "./pseudoLabels.ts";

/** Where classifiers are: in the store, or among the files that ship with the app. */
export type Places = Pick<GeneratorContext, "store" | "embedded">;

/** A classifier of real images as it is kept, and how it becomes a network. */
export interface KeptClassifier {
  hash(): string;
  open(engine: Engine): Promise<Network>;
}

/** SHA-256 of the classifier's weights, by which a pool knows that it was labelled by this very one. */
export async function labellerHash(places: Places, spec: LabellerSpec, benchmark: Benchmark): Promise<string> {
  return (await readClassifier(places, spec, benchmark)).hash();
}

/**
 * The classifier as a labeller of generated images of the benchmark. Its network is made when the first image comes.
 *
 * Rejects with "labeller-missing" where it is gone, "labeller-unfit" where it did not learn from real images of this
 * benchmark alone, "labeller-changed" where its weights are not those of `hash`.
 */
export async function openLabeller(
  places: Places,
  engine: () => Promise<Engine>,
  spec: LabellerSpec,
  hash: string,
  benchmark: Benchmark,
): Promise<Labeller> {
  const kept = await readClassifier(places, spec, benchmark);
  if (kept.hash() !== hash) {
    throw new WorkbenchError(
      "labeller-changed",
      `The classifier "${spec.id}" is not the one that the generator was kept with: its labels would be others. Keep the generator again with it.`,
    );
  }
  let opened: { readonly engine: Engine; readonly network: Promise<Network> } | null = null;
  return {
    async label(images, count) {
      const current = await engine();
      if (opened?.engine !== current) opened = { engine: current, network: kept.open(current) };
      const network = await opened.network;
      const { logits } = await network.forward(images, count);
      const labels = argmaxRows(logits, network.spec.classes);
      return { labels, confidence: confidenceRows(logits, network.spec.classes, labels) };
    },
  };
}

/** Rejects like openLabeller. */
export async function readClassifier(
  places: Places,
  { kind, id }: LabellerSpec,
  benchmark: Benchmark,
): Promise<KeptClassifier> {
  if (kind === "cell") return readCell(places.store, id, benchmark);
  return kind === "imported" ? readImported(places.store, id, benchmark) : readEmbedded(places, id, benchmark);
}

async function readEmbedded({ embedded }: Places, id: string, benchmark: Benchmark): Promise<KeptClassifier> {
  const bytes = await embedded(id);
  const classifier = await classifierCheckpoint(await openStateDict(bytesSource(bytes)));
  checkFits(classifier, benchmark.info);
  return {
    hash: () => {
      const hash = new Sha256();
      hash.add(bytes);
      return hash.hex();
    },
    open: (engine) => openClassifier(engine, classifier, benchmark.info),
  };
}

async function readCell(store: Store, id: string, benchmark: Benchmark): Promise<KeptClassifier> {
  const summary = await readSummary(store, id);
  if (summary === null) throw missing(id, "Run that cell, or choose another.");
  const { cell } = summary;
  if (cell.generator !== null || cell.benchmark !== benchmark.info.id) {
    throw new WorkbenchError(
      "labeller-unfit",
      `"${id}" was trained on ${cell.generator === null ? cell.benchmark : `images of ${cell.generator}`}; labels come from a cell with α = 1 on ${benchmark.info.id}.`,
    );
  }
  const { checkpoint } = await readReported(store, cell);
  return { hash: () => hashOf(checkpoint.state), open: (engine) => openTrained(engine, benchmark, cell, checkpoint) };
}

async function readImported(store: Store, id: string, benchmark: Benchmark): Promise<KeptClassifier> {
  const record = (await store.readMeta(keys.imported(id))) as ImportedEvaluation | undefined;
  const classifier = await readImportedClassifier(store, id);
  if (record === undefined || classifier === undefined) throw missing(id, "Import its checkpoint again.");
  checkFits({ ...classifier, notes: [] }, benchmark.info);
  return { hash: () => hashOf(classifier.state), open: (engine) => openClassifier(engine, classifier, benchmark.info) };
}

function missing(id: string, remedy: string): WorkbenchError {
  return new WorkbenchError("labeller-missing", `The classifier "${id}" is not kept here. ${remedy}`);
}

/** Over names and weights by name; momenta are no part of the classifier. */
function hashOf(state: StateDict): string {
  const hash = new Sha256();
  const text = new TextEncoder();
  for (const [name, { data }] of [...state].sort(([a], [b]) => (a < b ? -1 : 1))) {
    if (name.startsWith("momentum/")) continue;
    hash.add(text.encode(`${name}\n`));
    hash.add(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
  }
  return hash.hex();
}
