import { blobSource } from "../../checkpoints/byteSource.ts";
import { openStateDict } from "../../checkpoints/stateDict.ts";
import { headTable, shapeText } from "../../data/formats/activationTable.ts";
import { baseName } from "../../data/formats/fileError.ts";
import { readTensorFile, type TensorFile } from "../../data/formats/tensorFile.ts";
import { messageOf } from "../../study/errors.ts";
import { expectedFromName } from "./accuracyGate.ts";
import { classifierCheckpoint } from "./classifierCheckpoint.ts";
import { inFile } from "./importEvaluation.ts";
import type { ImportFile, InspectedFile } from "./importOptions.ts";
import { setTables, suggestedSet } from "./importTables.ts";

const nothing = { rows: 0, sets: [], expectedAccuracy: null, problem: null };

/** What each dropped file is, and what it is probably for; a file that cannot be used says why. */
export function inspectImport(files: readonly ImportFile[]): Promise<InspectedFile[]> {
  return Promise.all(files.map(inspect));
}

async function inspect(file: ImportFile): Promise<InspectedFile> {
  try {
    return (await looksLikeCheckpoint(file)) ? await inspectCheckpoint(file) : await inspectNumbers(file);
  } catch (error) {
    return {
      ...nothing,
      name: file.name,
      problem: messageOf(error),
      kind: null,
      holds: [],
      suggested: { use: "nothing" },
    };
  }
}

async function looksLikeCheckpoint({ name, blob }: ImportFile): Promise<boolean> {
  if (/\.(ckpt|pth|pt|pkl|bin)$/i.test(name)) return true;
  if (!/\.safetensors$/i.test(name)) return false;
  const { tensors } = await openStateDict(blobSource(blob));
  return tensors.has("conv1.weight");
}

async function inspectCheckpoint({ name, blob }: ImportFile): Promise<InspectedFile> {
  const { spec, notes } = await inFile(name, async () => classifierCheckpoint(await openStateDict(blobSource(blob))));
  return {
    ...nothing,
    name,
    kind: "checkpoint",
    holds: [`ResNet-18 for 32-pixel images, width ${spec.width}, ${spec.classes} classes`, ...notes],
    suggested: { use: "checkpoint" },
    expectedAccuracy: expectedFromName(baseName(name))?.accuracy ?? null,
  };
}

async function inspectNumbers({ name, blob }: ImportFile): Promise<InspectedFile> {
  const file = await readTensorFile(name, blobSource(blob));
  const holds = [...file.tensors].map(([key, tensor]) => `${key} ${shapeText(tensor)} ${tensor.dtype}`);
  if (isHead(file)) {
    headTable(file);
    return { ...nothing, name, kind: "head", holds, suggested: { use: "head" } };
  }
  const tables = setTables(file);
  const first = tables[0]?.table;
  const kind = first?.features != null ? "features" : first?.logits != null ? "logits" : "scores";
  const rows = tables.reduce((sum, { table }) => sum + table.count, 0);
  const sets = tables.flatMap(({ set, table }) =>
    set === null ? [] : [{ name: set, rows: table.count, suggested: suggestedSet(set) }],
  );
  const suggested = sets.length > 0 ? ({ use: "sets" } as const) : ({ use: "set", ...suggestedSet(name) } as const);
  return { ...nothing, name, kind, holds, rows, sets, suggested };
}

function isHead({ tensors }: TensorFile): boolean {
  return (tensors.has("weight") && tensors.has("bias")) || (tensors.has("fc.weight") && tensors.has("fc.bias"));
}
