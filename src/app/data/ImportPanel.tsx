import { TextInput } from "@mantine/core";
import { type DragEvent, type ReactNode, useState } from "react";
import type { ImportOutcome } from "../session/session.ts";
import { useSession } from "../state/session.tsx";
import { Loading, Notice, Panel } from "../ui/Panel.tsx";

/** Drop or choose files; every file is answered for. */
export function ImportPanel(): ReactNode {
  const session = useSession();
  const [as, setAs] = useState("");
  const [busy, setBusy] = useState(false);
  const [outcomes, setOutcomes] = useState<readonly ImportOutcome[]>([]);
  const [failure, setFailure] = useState<string | null>(null);

  const take = async (files: readonly File[]): Promise<void> => {
    if (files.length === 0) return;
    setBusy(true);
    setFailure(null);
    try {
      setOutcomes(await session.importFiles(files, as.trim() === "" ? null : as.trim()));
    } catch (error) {
      setFailure(error instanceof Error ? error.message : String(error));
    } finally {
      setBusy(false);
    }
  };
  const drop = (event: DragEvent): void => {
    event.preventDefault();
    void take([...event.dataTransfer.files]);
  };

  return (
    <Panel
      title="Bring your own data"
      summary="CIFAR-10/100 binary, MNIST idx, folders or tars of PNG and JPEG; also .gz and .tar.gz. Files stay in this browser."
    >
      {/* biome-ignore lint/a11y/noStaticElementInteractions: dropping is a shortcut; the file inputs do the same by keyboard. */}
      <div
        onDragOver={(event) => event.preventDefault()}
        onDrop={drop}
        style={{
          display: "flex",
          flexWrap: "wrap",
          gap: 14,
          alignItems: "end",
          padding: 12,
          border: "1px dashed var(--line)",
          borderRadius: 6,
        }}
      >
        <label style={{ fontSize: 13 }}>
          Choose dataset files
          <br />
          <input type="file" multiple onChange={(event) => void take([...(event.target.files ?? [])])} />
        </label>
        <label style={{ fontSize: 13 }}>
          Choose a folder of images
          <br />
          <input
            type="file"
            multiple
            {...{ webkitdirectory: "" }}
            onChange={(event) => void take([...(event.target.files ?? [])])}
          />
        </label>
        <TextInput
          size="xs"
          label="Name of the dataset"
          description="where the files do not tell"
          value={as}
          onChange={(event) => setAs(event.target.value)}
        />
        <span style={{ color: "var(--soft)", fontSize: 12.5 }}>or drop files here</span>
      </div>
      {busy ? <Loading what="Reading files…" /> : null}
      {failure === null ? null : <Notice kind="bad">{failure}</Notice>}
      {outcomes.length === 0 ? null : (
        <ul aria-label="What became of the files" style={{ fontSize: 13, margin: "8px 0 0" }}>
          {outcomes.map((outcome) => (
            <li key={outcome.file}>
              <strong>{outcome.ok ? "Read" : "Refused"}</strong> {outcome.file}: {outcome.message}
            </li>
          ))}
        </ul>
      )}
    </Panel>
  );
}
