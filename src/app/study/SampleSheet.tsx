import { Fragment, type ReactNode } from "react";
import type { ImageSet } from "../../data/imageSet.ts";
import { Thumbnail } from "../ui/Thumbnail.tsx";
import css from "./scores.module.css";

interface SampleSheetProps {
  /** `perClass` images of each class, in class order. */
  readonly real: ImageSet;
  readonly synthetic: ImageSet | null;
  readonly perClass: number;
  readonly classNames: readonly string[];
}

/** Two classes per row, real images left of the synthetic ones. */
export function SampleSheet({ real, synthetic, perClass, classNames }: SampleSheetProps): ReactNode {
  const width = perClass * (synthetic === null ? 1 : 2);
  return (
    <div
      className={css.sheet}
      style={{ gridTemplateColumns: `repeat(2, minmax(52px, max-content) repeat(${width}, max-content))` }}
    >
      {classNames.map((name, label) => (
        <Fragment key={name}>
          <span style={{ paddingLeft: label % 2 === 1 ? 12 : 0 }}>{name}</span>
          {cells(real, label, perClass, name, "real")}
          {synthetic === null ? null : cells(synthetic, label, perClass, name, "synthetic")}
        </Fragment>
      ))}
    </div>
  );
}

function cells(
  set: ImageSet,
  label: number,
  perClass: number,
  name: string,
  source: "real" | "synthetic",
): ReactNode[] {
  return Array.from({ length: perClass }, (_, k) => {
    const at = label * perClass + k;
    // biome-ignore lint/suspicious/noArrayIndexKey: place in the sheet is what names an image here.
    return at < set.count ? (
      <Thumbnail key={k} set={set} at={at} source={source} label={`${source} ${name} ${k + 1}`} />
    ) : (
      <span key={k} />
    );
  });
}
