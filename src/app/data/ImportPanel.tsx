import { TextInput } from "@mantine/core";
import { type ReactNode, useState } from "react";
import { count, plural } from "../model/format.ts";
import page from "../plan/page.module.css";
import type { ImportOutcome } from "../session/session.ts";
import { useSession } from "../state/session.tsx";
import { FileDrop } from "../ui/FileDrop.tsx";
import { Loading, Notice, Panel } from "../ui/Panel.tsx";
import { Outcomes } from "./Outcomes.tsx";

type Import =
  | { readonly kind: "idle" }
  | { readonly kind: "reading"; readonly files: number }
  | { readonly kind: "done"; readonly outcomes: readonly ImportOutcome[] }
  | { readonly kind: "failed"; readonly message: string };

/** Files become datasets here; what became of each is listed. */
export function ImportPanel(): ReactNode {
  const session = useSession();
  const [state, setState] = useState<Import>({ kind: "idle" });
  const [name, setName] = useState("");
  const busy = state.kind === "reading";

  const take = async (gather: Promise<readonly File[]>): Promise<void> => {
    try {
      const files = await gather;
      setState({ kind: "reading", files: files.length });
      const outcomes = await session.importFiles(files, name.trim() === "" ? null : name.trim());
      setState({ kind: "done", outcomes });
    } catch (error) {
      setState({ kind: "failed", message: error instanceof Error ? error.message : String(error) });
    }
  };

  return (
    <Panel
      title="Import datasets"
      summary="CIFAR-10/100 binary (.bin, .tar.gz), MNIST idx (.gz), a folder or tar of PNG or JPEG images. Everything stays in this browser."
    >
      <FileDrop
        prompt="Drop files or folders here, or"
        label="Choose dataset files"
        folderLabel="Choose a dataset folder"
        disabled={busy}
        onFiles={(files) => void take(files)}
      >
        <TextInput
          size="xs"
          label="Name of the dataset (where the files do not tell)"
          description={'Lower-case letters, digits and "-", e.g. svhn'}
          value={name}
          onChange={(event) => setName(event.target.value)}
        />
      </FileDrop>
      {state.kind === "reading" ? <Loading what={`Reading ${plural(state.files, "file")}…`} /> : null}
      {state.kind === "failed" ? (
        <Notice kind="bad" title="Nothing was imported.">
          {state.message}
        </Notice>
      ) : null}
      {state.kind === "done" ? (
        <>
          <p className={page.note} role="status">
            {count(state.outcomes.filter((outcome) => outcome.ok).length)} imported,{" "}
            {count(state.outcomes.filter((outcome) => !outcome.ok).length)} refused. Datasets that were here before are
            as they were.
          </p>
          <Outcomes outcomes={state.outcomes} />
        </>
      ) : null}
    </Panel>
  );
}
