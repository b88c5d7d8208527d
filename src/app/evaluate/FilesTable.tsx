import { NativeSelect, TextInput } from "@mantine/core";
import type { ReactNode } from "react";
import type { FileUse, InspectedFile, SetAssignment } from "../../runs/imports/importOptions.ts";
import { count } from "../model/format.ts";
import table from "../ui/table.module.css";
import css from "./evaluate.module.css";
import { assignmentAt, fileUseAt, type ImportDraft, placeOf, places } from "./importDraft.ts";

interface FilesTableProps {
  readonly inspected: readonly InspectedFile[];
  readonly draft: ImportDraft;
  readonly onDraft: (draft: ImportDraft) => void;
}

const unused = { value: "nothing", label: "not used" };

/** What each file is, and what it is taken for. */
export function FilesTable({ inspected, draft, onDraft }: FilesTableProps): ReactNode {
  const setUse = (name: string, use: FileUse): void => onDraft({ ...draft, files: { ...draft.files, [name]: use } });
  const setAssignment = (name: string, assignment: SetAssignment | null): void => {
    const { [name]: _, ...others } = draft.sets;
    onDraft({ ...draft, sets: assignment === null ? others : { ...others, [name]: assignment } });
  };
  return (
    <div className={table.scroll}>
      <table className={table.table} aria-label="Files to evaluate">
        <thead>
          <tr>
            <th scope="col">File</th>
            <th scope="col" className={table.text}>
              Holds
            </th>
            <th scope="col">Images</th>
            <th scope="col" className={table.text}>
              Taken for
            </th>
          </tr>
        </thead>
        <tbody>
          {inspected.flatMap((file) => [
            <tr key={file.name}>
              <th scope="row" className={css.file}>
                {file.name}
              </th>
              <Holds file={file} />
              {file.problem === null ? (
                <>
                  <td>{file.rows === 0 ? "" : count(file.rows)}</td>
                  <td className={table.text}>
                    <FilePlace file={file} use={draft.files[file.name]} onUse={(use) => setUse(file.name, use)} />
                  </td>
                </>
              ) : null}
            </tr>,
            ...file.sets.map((set) => (
              <tr key={`${file.name} ${set.name}`}>
                <th scope="row" className={`${css.file} ${css.inner}`}>
                  {set.name}
                </th>
                <td />
                <td>{count(set.rows)}</td>
                <td className={table.text}>
                  <Place
                    what={`set ${set.name}`}
                    assignment={draft.sets[set.name]}
                    name={set.suggested.set}
                    onAssignment={(assignment) => setAssignment(set.name, assignment)}
                  />
                </td>
              </tr>
            )),
          ])}
        </tbody>
      </table>
    </div>
  );
}

function Holds({ file }: { file: InspectedFile }): ReactNode {
  if (file.problem !== null) {
    return (
      <td colSpan={3} className={`${table.text} ${css.prose} ${css.refused}`}>
        <strong>Refused</strong> {file.problem}
      </td>
    );
  }
  return <td className={`${table.text} ${css.prose}`}>{file.holds.join(", ")}</td>;
}

interface FilePlaceProps {
  readonly file: InspectedFile;
  readonly use: FileUse | undefined;
  readonly onUse: (use: FileUse) => void;
}

function FilePlace({ file, use, onUse }: FilePlaceProps): ReactNode {
  const { suggested, name } = file;
  if (suggested.use === "set") {
    return (
      <Place
        what={name}
        assignment={use?.use === "set" ? use : undefined}
        name={suggested.set}
        onAssignment={(assignment) => onUse(assignment === null ? { use: "nothing" } : { use: "set", ...assignment })}
      />
    );
  }
  const own = { head: "head", checkpoint: "checkpoint", sets: "the sets below", nothing: "not used" }[suggested.use];
  return (
    <span className={css.controls}>
      <NativeSelect
        className={css.place ?? ""}
        size="xs"
        aria-label={`What ${name} is taken for`}
        value={placeOf(use)}
        onChange={(event) => onUse(fileUseAt(event.target.value, ""))}
        data={[{ value: suggested.use, label: own }, unused]}
      />
    </span>
  );
}

interface PlaceProps {
  /** For the accessible name. */
  readonly what: string;
  readonly assignment: SetAssignment | undefined;
  /** The set's name where nobody has typed one. */
  readonly name: string;
  readonly onAssignment: (assignment: SetAssignment | null) => void;
}

function Place({ what, assignment, name, onAssignment }: PlaceProps): ReactNode {
  const ood = assignment !== undefined && assignment.group !== "id";
  return (
    <span className={css.controls}>
      <NativeSelect
        className={css.place ?? ""}
        size="xs"
        aria-label={`What ${what} is taken for`}
        value={placeOf(assignment)}
        onChange={(event) => onAssignment(assignmentAt(event.target.value, ood ? assignment.set : name))}
        data={[...places, unused]}
      />
      {ood ? (
        <TextInput
          className={css.setName ?? ""}
          size="xs"
          aria-label={`Name of the OOD set, ${what}`}
          value={assignment.set}
          onChange={(event) => onAssignment({ ...assignment, set: event.target.value })}
        />
      ) : null}
    </span>
  );
}
