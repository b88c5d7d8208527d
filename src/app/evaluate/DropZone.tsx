import { Button, FileButton } from "@mantine/core";
import { type DragEvent, type ReactNode, useRef, useState } from "react";
import css from "../data/data.module.css";
import { droppedFiles } from "../data/droppedFiles.ts";

interface DropZoneProps {
  readonly disabled: boolean;
  readonly onFiles: (files: Promise<readonly File[]>) => void;
}

/** Files by drag or, for keyboards, by a button. */
export function DropZone({ disabled, onFiles }: DropZoneProps): ReactNode {
  const [over, setOver] = useState(false);
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
    // biome-ignore lint/a11y/noStaticElementInteractions: dropping is an extra for the pointer; the button inside does the same.
    <div
      className={over ? `${css.drop} ${css.over}` : css.drop}
      onDragOver={(event) => {
        event.preventDefault();
        setOver(true);
      }}
      onDragLeave={() => setOver(false)}
      onDrop={drop}
    >
      <span>Drop files or a folder here, or</span>
      <FileButton
        multiple
        resetRef={reset}
        onChange={(files) => {
          onFiles(Promise.resolve(files));
          reset.current?.();
        }}
        inputProps={{ "aria-label": "Choose files to evaluate" }}
        disabled={disabled}
      >
        {(props) => (
          <Button size="xs" {...props} disabled={disabled}>
            Choose files…
          </Button>
        )}
      </FileButton>
    </div>
  );
}
