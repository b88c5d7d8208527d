import { type ReactNode, useState } from "react";
import type { BenchmarkInfo } from "../../../data/benchmark.ts";
import type { Mistake } from "../../../study/result.ts";
import { className, scoreText } from "../../model/imageText.ts";
import { useImages } from "../../state/images.ts";
import { Loading, Notice } from "../../ui/Panel.tsx";
import { Thumbnail } from "../../ui/Thumbnail.tsx";
import { ImageDialog } from "./ImageDialog.tsx";
import css from "./images.module.css";

interface ScoredStripProps {
  readonly title: string;
  readonly benchmark: BenchmarkInfo;
  readonly set: string;
  readonly source: "ood" | "real";
  /** Image, its score and what the classifier called it. */
  readonly items: readonly Mistake[];
}

/** Images of one set with score, predicted and true class; a click enlarges one. */
export function ScoredStrip({ title, benchmark, set, source, items }: ScoredStripProps): ReactNode {
  const indices = items.map((item) => item.index);
  const images = useImages(`${benchmark.id}/${set}/${indices.join()}`, (session) =>
    session.images(benchmark.id, set, indices),
  );
  const [opened, setOpened] = useState<number | null>(null);
  const shown = opened === null ? undefined : items[opened];
  return (
    <div>
      <h3 className={css.title}>{title}</h3>
      <div className={css.strip}>
        {images.kind === "failed" ? <Notice kind="warn">{images.message}</Notice> : null}
        {images.kind === "loading" ? <Loading what="Fetching images…" /> : null}
        {images.kind === "ready"
          ? items.map((item, at) => {
              const called = className(benchmark, item.predicted);
              const truth = images.set.labels[at] ?? -1;
              const real = truth < 0 ? "" : `, really ${className(benchmark, truth)}`;
              const label = `image ${item.index} of ${set}, called ${called}${real}, score ${scoreText(item.score)}`;
              return (
                <button
                  key={item.index}
                  type="button"
                  className={css.image}
                  aria-label={`Enlarge ${label}`}
                  onClick={() => setOpened(at)}
                >
                  <Thumbnail set={images.set} at={at} source={source} label={label} />
                  <span>{scoreText(item.score)}</span>
                  <span data-wrong={truth >= 0 && truth !== item.predicted}>{called}</span>
                  {truth < 0 ? null : <span>({className(benchmark, truth)})</span>}
                </button>
              );
            })
          : null}
      </div>
      {images.kind === "ready" && shown !== undefined && opened !== null ? (
        <ImageDialog
          benchmark={benchmark}
          set={set}
          item={shown}
          images={images.set}
          at={opened}
          source={source}
          onClose={() => setOpened(null)}
        />
      ) : null}
    </div>
  );
}
