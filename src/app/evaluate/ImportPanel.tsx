import { type ReactNode, useState } from "react";
import type { InspectedFile } from "../../runs/imports/importOptions.ts";
import { plural } from "../model/format.ts";
import { useSession, useSessionField } from "../state/session.tsx";
import { FileDrop } from "../ui/FileDrop.tsx";
import { Loading, Notice, Panel } from "../ui/Panel.tsx";
import { FormatHelp } from "./FormatHelp.tsx";
import { ImportForm } from "./ImportForm.tsx";
import { draftOf, type ImportDraft, withChoices } from "./importDraft.ts";

type Files =
  | { readonly kind: "none" }
  | { readonly kind: "reading"; readonly count: number }
  | { readonly kind: "failed"; readonly message: string }
  | {
      readonly kind: "read";
      readonly files: readonly File[];
      readonly inspected: readonly InspectedFile[];
      readonly draft: ImportDraft;
    };

/** Files are dropped, looked into, given their roles and imported as one evaluation. */
export function ImportPanel({ onImported }: { onImported: (id: string) => void }): ReactNode {
  const session = useSession();
  const benchmarks = useSessionField("benchmarks");
  const [state, setState] = useState<Files>({ kind: "none" });
  const [busy, setBusy] = useState(false);
  const before = state.kind === "read" ? state.files : [];

  const take = async (gather: Promise<readonly File[]>): Promise<void> => {
    try {
      const added = await gather;
      if (added.length === 0) return;
      // A file of a name that is there already takes its place.
      const names = new Set(added.map(pathOf));
      const files = [...before.filter((file) => !names.has(pathOf(file))), ...added];
      setState({ kind: "reading", count: files.length });
      const inspected = await session.inspectEvaluationFiles(files);
      const draft = draftOf(inspected, benchmarks);
      const kept = state.kind === "read" ? withChoices(draft, state.draft, names) : draft;
      setState({ kind: "read", files, inspected, draft: kept });
    } catch (error) {
      setState({ kind: "failed", message: error instanceof Error ? error.message : String(error) });
    }
  };

  return (
    <Panel
      title="Import what was computed elsewhere"
      summary="Drop a .ckpt of OpenOOD (a ResNet-18 for 32-pixel images), or .npz, .csv or .safetensors files with scores, logits or features: they are judged like the cells of a study. Nothing leaves this browser."
    >
      <FileDrop
        prompt="Drop files or a folder here, or"
        label="Choose files to evaluate"
        disabled={busy || state.kind === "reading"}
        onFiles={(files) => void take(files)}
      />
      <FormatHelp />
      {state.kind === "reading" ? <Loading what={`Looking into ${plural(state.count, "file")}…`} /> : null}
      {state.kind === "failed" ? (
        <Notice kind="bad" title="The files could not be looked into.">
          {state.message}
        </Notice>
      ) : null}
      {state.kind === "read" ? (
        <ImportForm
          {...state}
          onDraft={(draft) => setState({ ...state, draft })}
          onBusy={setBusy}
          onClear={() => setState({ kind: "none" })}
          onImported={(id) => {
            setState({ kind: "none" });
            onImported(id);
          }}
        />
      ) : null}
    </Panel>
  );
}

function pathOf(file: File): string {
  return file.webkitRelativePath || file.name;
}
