import { Button, FileButton, TextInput } from "@mantine/core";
import { type DragEvent, type ReactNode, useRef, useState } from "react";
import { count, plural } from "../model/format.ts";
import page from "../plan/page.module.css";
import type { ImportOutcome } from "../session/session.ts";
import { useSession } from "../state/session.tsx";
import { Loading, Notice, Panel } from "../ui/Panel.tsx";
import css from "./data.module.css";
import { droppedFiles } from "./droppedFiles.ts";
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
  const [over, setOver] = useState(false);
  const folder = useRef<HTMLInputElement>(null);
  // Without it, choosing the same file once more would say nothing.
  const resetFiles = useRef<() => void>(null);
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
  const drop = (event: DragEvent): void => {
    event.preventDefault();
    setOver(false);
    if (!busy) void take(droppedFiles(event.dataTransfer));
  };

  return (
    <Panel
      title="Import datasets"
      summary="CIFAR-10/100 binary (.bin, .tar.gz), MNIST idx (.gz), a folder or tar of PNG or JPEG images. Everything stays in this browser."
    >
      {/* biome-ignore lint/a11y/noStaticElementInteractions: dropping is an extra for the pointer; the buttons inside do the same. */}
      <div
        className={over ? `${css.drop} ${css.over}` : css.drop}
        onDragOver={(event) => {
          event.preventDefault();
          setOver(true);
        }}
        onDragLeave={() => setOver(false)}
        onDrop={drop}
      >
        <span>Drop files or folders here, or</span>
        <FileButton
          multiple
          resetRef={resetFiles}
          onChange={(files) => {
            void take(Promise.resolve(files));
            resetFiles.current?.();
          }}
          inputProps={{ "aria-label": "Choose dataset files" }}
          disabled={busy}
        >
          {(props) => (
            <Button size="xs" {...props} disabled={busy}>
              Choose files…
            </Button>
          )}
        </FileButton>
        <input
          ref={(input) => {
            folder.current = input;
            if (input !== null) input.webkitdirectory = true;
          }}
          type="file"
          hidden
          aria-label="Choose a dataset folder"
          onChange={(event) => {
            const files = Array.from(event.target.files ?? []);
            event.target.value = "";
            void take(Promise.resolve(files));
          }}
        />
        <Button size="xs" variant="default" disabled={busy} onClick={() => folder.current?.click()}>
          Choose a folder…
        </Button>
        <TextInput
          size="xs"
          label="Name of the dataset (where the files do not tell)"
          description={'Lower-case letters, digits and "-", e.g. svhn'}
          value={name}
          onChange={(event) => setName(event.target.value)}
        />
      </div>
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
