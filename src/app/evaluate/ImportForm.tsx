import { Button, NativeSelect, TextInput } from "@mantine/core";
import { type ReactNode, useState } from "react";
import type { ImportOptions, InspectedFile } from "../../runs/imports/importOptions.ts";
import type { ImportedEvaluation } from "../../study/rescore.ts";
import { useSession, useSessionField } from "../state/session.tsx";
import { Notice } from "../ui/Panel.tsx";
import css from "./evaluate.module.css";
import { FilesTable } from "./FilesTable.tsx";
import { GateText } from "./GateText.tsx";
import { draftProblem, type ImportDraft, importOptions } from "./importDraft.ts";

interface ImportFormProps {
  readonly files: readonly File[];
  readonly inspected: readonly InspectedFile[];
  readonly draft: ImportDraft;
  readonly onDraft: (draft: ImportDraft) => void;
  readonly onBusy: (busy: boolean) => void;
  readonly onClear: () => void;
  /** Called with the id of what was kept. */
  readonly onImported: (id: string) => void;
}

type Work =
  | { readonly kind: "idle" }
  | { readonly kind: "importing"; readonly done: number; readonly total: number }
  | { readonly kind: "closed"; readonly record: ImportedEvaluation }
  | { readonly kind: "failed"; readonly message: string };

/** Roles of the files, preset and expectation; then the import, behind the gate of the ID accuracy. */
export function ImportForm(props: ImportFormProps): ReactNode {
  const { files, inspected, draft, onDraft, onBusy, onClear, onImported } = props;
  const session = useSession();
  const [work, setWork] = useState<Work>({ kind: "idle" });
  const problem = draftProblem(draft);
  const busy = work.kind === "importing";

  const start = async (acceptAccuracy: boolean): Promise<void> => {
    setWork({ kind: "importing", done: 0, total: 0 });
    onBusy(true);
    try {
      const options = importOptions(draft, acceptAccuracy);
      const record = await session.importEvaluation(files, options, (done, total) =>
        setWork({ kind: "importing", done, total }),
      );
      if (record.gate.open) onImported(record.id);
      else setWork({ kind: "closed", record });
    } catch (error) {
      setWork({ kind: "failed", message: error instanceof Error ? error.message : String(error) });
    } finally {
      onBusy(false);
    }
  };
  const change = (next: ImportDraft): void => {
    setWork({ kind: "idle" });
    onDraft(next);
  };

  return (
    <>
      <FilesTable inspected={inspected} draft={draft} onDraft={change} />
      <Fields inspected={inspected} draft={draft} onDraft={change} />
      {problem === null || inspected.every((file) => file.problem !== null) ? null : (
        <p className={css.message}>{problem}</p>
      )}
      <div className={css.fields}>
        {/* No spinner: where graphics are drawn in software, an endless animation slows the work that it waits for. */}
        <Button size="xs" disabled={busy || problem !== null} onClick={() => void start(false)}>
          Evaluate
        </Button>
        <Button size="xs" variant="default" disabled={busy} onClick={onClear}>
          Put the files away
        </Button>
      </div>
      {work.kind === "importing" ? <Progress {...work} /> : null}
      {work.kind === "failed" ? (
        <Notice kind="bad" title="Nothing was imported.">
          {work.message}
        </Notice>
      ) : null}
      {work.kind === "closed" ? (
        <Notice kind="warn" title="Stopped at the ID accuracy: no OOD number of these files is shown.">
          <GateText gate={work.record.gate} />
          <Button size="compact-xs" variant="default" onClick={() => void start(true)}>
            This is the accuracy I expect
          </Button>
        </Notice>
      ) : null}
    </>
  );
}

function Progress({ done, total }: { done: number; total: number }): ReactNode {
  const text =
    total === 0 ? "Reading the files…" : `${done.toLocaleString("en")} of ${total.toLocaleString("en")} images`;
  return (
    <div role="status" className={css.message}>
      <progress className={css.progress} aria-label="Import" {...(total === 0 ? {} : { value: done, max: total })} />
      <div>{text}</div>
    </div>
  );
}

const presets = ["paper", "v1.5", "quick"] as const;

function Fields({ inspected, draft, onDraft }: Pick<ImportFormProps, "inspected" | "draft" | "onDraft">): ReactNode {
  const benchmarks = useSessionField("benchmarks");
  const checkpoint = Object.values(draft.files).some(({ use }) => use === "checkpoint");
  // Scores alone are neither scored again nor classified.
  const computes = inspected.some(({ kind }) => kind !== null && kind !== "scores");
  return (
    <div className={css.fields}>
      <TextInput
        size="xs"
        label="Name"
        value={draft.name}
        onChange={(event) => onDraft({ ...draft, name: event.target.value })}
      />
      {checkpoint ? (
        <NativeSelect
          size="xs"
          label="Trained on"
          value={draft.benchmark}
          onChange={(event) => onDraft({ ...draft, benchmark: event.target.value })}
          data={benchmarks.map(({ id, title, missing }) => ({
            value: id,
            label: missing.length === 0 ? title : `${title} (incomplete)`,
          }))}
        />
      ) : null}
      {computes ? (
        <>
          <NativeSelect
            size="xs"
            label="Hyper-parameters"
            value={draft.preset}
            onChange={(event) => onDraft({ ...draft, preset: event.target.value as ImportOptions["preset"] })}
            data={presets.map((value) => ({ value, label: `preset ${value}` }))}
          />
          <TextInput
            size="xs"
            label="Expected ID accuracy, %"
            placeholder="unknown"
            value={draft.expected}
            onChange={(event) => onDraft({ ...draft, expected: event.target.value })}
          />
        </>
      ) : null}
    </div>
  );
}
