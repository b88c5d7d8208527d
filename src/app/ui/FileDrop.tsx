import { Button, FileButton } from "@mantine/core";
import { type DragEvent, type ReactNode, useRef, useState } from "react";
import { droppedFiles } from "./droppedFiles.ts";
import css from "./FileDrop.module.css";

interface FileDropProps {
  /** Before the buttons: "Drop a checkpoint here, or". */
  readonly prompt: string;
  /** Accessible name of the file chooser: "Choose dataset files". */
  readonly label: string;
  /** Accessible name of the folder chooser; without it folders can only be dropped. */
  readonly folderLabel?: string;
  readonly disabled?: boolean;
  /** Rejects where what was dropped cannot be read. */
  readonly onFiles: (files: Promise<readonly File[]>) => void;
  /** Further controls. */
  readonly children?: ReactNode;
}

/** Files and folders by drag or, for keyboards, by buttons. */
export function FileDrop(props: FileDropProps): ReactNode {
  const { prompt, label, folderLabel, disabled = false, onFiles, children } = props;
  const [over, setOver] = useState(false);
  const folder = useRef<HTMLInputElement>(null);
  // Without it, choosing the same file once more would say nothing.
  const reset = useRef<() => void>(null);
  const drop = (event: DragEvent): void => {
    event.preventDefault();
    setOver(false);
    if (disabled) return;
    // What other programs hand over has no entry in a file system: then the files stand alone.
    const alone = Array.from(event.dataTransfer.files);
    onFiles(droppedFiles(event.dataTransfer).then((found) => (found.length > 0 ? found : alone)));
  };
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: dropping is an extra for the pointer; the buttons inside do the same.
    <div
      className={over ? `${css.drop} ${css.over}` : css.drop}
      onDragOver={(event) => {
        event.preventDefault();
        setOver(true);
      }}
      onDragLeave={() => setOver(false)}
      onDrop={drop}
    >
      <span>{prompt}</span>
      <FileButton
        multiple
        resetRef={reset}
        onChange={(files) => {
          onFiles(Promise.resolve(files));
          reset.current?.();
        }}
        inputProps={{ "aria-label": label }}
        disabled={disabled}
      >
        {(button) => (
          <Button size="xs" {...button} disabled={disabled}>
            Choose files…
          </Button>
        )}
      </FileButton>
      {folderLabel === undefined ? null : (
        <>
          <input
            ref={(input) => {
              folder.current = input;
              if (input !== null) input.webkitdirectory = true;
            }}
            type="file"
            hidden
            aria-label={folderLabel}
            onChange={(event) => {
              const files = Array.from(event.target.files ?? []);
              event.target.value = "";
              onFiles(Promise.resolve(files));
            }}
          />
          <Button size="xs" variant="default" disabled={disabled} onClick={() => folder.current?.click()}>
            Choose a folder…
          </Button>
        </>
      )}
      {children}
    </div>
  );
}
