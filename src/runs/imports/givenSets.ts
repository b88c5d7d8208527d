import { blobSource } from "../../checkpoints/byteSource.ts";
import { headTable } from "../../data/formats/activationTable.ts";
import { FileError } from "../../data/formats/fileError.ts";
import { readTensorFile } from "../../data/formats/tensorFile.ts";
import { WorkbenchError } from "../../study/errors.ts";
import type { GivenHead, GivenSet } from "./givenEvaluation.ts";
import type { ImportFile, ImportOptions, SetAssignment } from "./importOptions.ts";
import { checkSetName, setTables } from "./importTables.ts";

/** What the files hold, put to the sets that the user named. */
export interface Given {
  readonly given: readonly GivenSet[];
  readonly head: GivenHead | null;
  readonly notes: string[];
}

/**
 * Reads the files by their uses; sets in the order ID, near, far. Throws FileError naming the file, or WorkbenchError
 * "import-sets" where two sets claim one place.
 */
export async function readSets(files: readonly ImportFile[], options: ImportOptions): Promise<Given> {
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
    const tensors = await readTensorFile(file.name, blobSource(file.blob));
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
