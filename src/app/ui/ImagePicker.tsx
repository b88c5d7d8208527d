import { type ReactNode, useId } from "react";
import type { ImageSet } from "../../data/imageSet.ts";
import css from "./ImagePicker.module.css";
import { Thumbnail } from "./Thumbnail.tsx";

interface ImagePickerProps {
  readonly set: ImageSet;
  readonly rows: readonly ImageRow[];
  readonly source: "real" | "synthetic";
  /** What choosing an image does: "Choose a sample to see its nearest real images". */
  readonly label: string;
  /** Number in the set. */
  readonly picked: number | null;
  readonly onPick: (at: number) => void;
}

/** Images under one name, e.g. of one class. */
export interface ImageRow {
  readonly name: string;
  readonly members: readonly number[];
}

/** Rows of images, one of which is chosen by a click or, after one Tab, by the arrow keys. */
export function ImagePicker({ set, rows, source, label, picked, onPick }: ImagePickerProps): ReactNode {
  const group = useId();
  return (
    <fieldset className={css.picker}>
      <legend className={css.legend}>{label}</legend>
      {rows.map(({ name, members }) => (
        <div key={name} className={css.row}>
          <span className={css.name}>{name}</span>
          <span className={css.images}>
            {members.map((at, place) => (
              <label key={at} className={css.image}>
                <input
                  className={css.radio}
                  type="radio"
                  name={group}
                  checked={picked === at}
                  onChange={() => onPick(at)}
                  aria-label={`${name}, image ${place + 1}`}
                />
                <Thumbnail set={set} at={at} source={source} label={`${source} ${name}`} />
              </label>
            ))}
          </span>
        </div>
      ))}
    </fieldset>
  );
}
