import { Modal } from "@mantine/core";
import { type ReactNode, useEffect, useState } from "react";
import type { BenchmarkInfo } from "../../../data/benchmark.ts";
import type { ImageSet } from "../../../data/imageSet.ts";
import type { Mistake } from "../../../study/result.ts";
import { choiceOfKey } from "../../model/detectorChoice.ts";
import { percent } from "../../model/format.ts";
import { className, scoreText } from "../../model/imageText.ts";
import { detectorTitle } from "../../model/words.ts";
import { useSession, useSessionField } from "../../state/session.tsx";
import { Notice } from "../../ui/Panel.tsx";
import { Thumbnail } from "../../ui/Thumbnail.tsx";
import table from "../../ui/table.module.css";
import { useShownCell } from "../studyModel.tsx";
import css from "./images.module.css";
import { useShownScores } from "./shownScores.tsx";

interface ImageDialogProps {
  readonly benchmark: BenchmarkInfo;
  readonly set: string;
  readonly item: Mistake;
  readonly images: ImageSet;
  /** Place of the image in `images`. */
  readonly at: number;
  readonly source: "ood" | "real";
  readonly onClose: () => void;
}

/** One image, large, with its confidence under every detector that the cell was scored with. */
export function ImageDialog({ benchmark, set, item, images, at, source, onClose }: ImageDialogProps): ReactNode {
  const truth = images.labels[at] ?? -1;
  return (
    <Modal opened onClose={onClose} title={`Image ${item.index} of ${set}`} size="xl">
      <div className={css.dialog}>
        <div className={css.large}>
          <Thumbnail set={images} at={at} source={source} label={`image ${item.index} of ${set}, enlarged`} />
        </div>
        <div>
          <p className={css.facts}>
            {truth < 0 ? "OOD: it has no class here." : `True class: ${className(benchmark, truth)}.`} The classifier
            calls it <strong>{className(benchmark, item.predicted)}</strong>.
          </p>
          <Confidences set={set} item={item} />
        </div>
      </div>
    </Modal>
  );
}

interface Confidence {
  readonly detector: string;
  readonly score: number;
  /** Share of the ID test images with a lower confidence. */
  readonly above: number;
}

function Confidences({ set, item }: { set: string; item: Mistake }): ReactNode {
  const session = useSession();
  const summary = useShownCell();
  const { detector: shown, idSet } = useShownScores();
  const unkept = useSessionField("unkept");
  const [rows, setRows] = useState<readonly Confidence[]>([]);
  const [problem, setProblem] = useState<string | null>(null);
  const cell = summary?.cell;
  const known = cell !== undefined && !unkept.has(cell.id);
  const keys = summary?.detectors.filter((r) => r.sets.length > 0).map((r) => r.variant ?? r.detector) ?? [];

  // biome-ignore lint/correctness/useExhaustiveDependencies: the dialog is for one image of one cell; detectors that join later are not waited for.
  useEffect(() => {
    if (!known || cell === undefined) return;
    let current = true;
    const fetchAll = async (): Promise<void> => {
      for (const detector of keys) {
        const { sets } = await session.scores({ kind: "cell", cell }, choiceOfKey(detector));
        if (!current) return;
        const score = sets[set]?.scores[item.index];
        const id = sets[idSet]?.scores;
        if (score === undefined || id === undefined) continue;
        const above = id.reduce((below, other) => below + Number(other < score), 0) / id.length;
        setRows((rows) => [...rows, { detector, score, above }]);
      }
    };
    setRows([]);
    fetchAll().catch((error: unknown) => current && setProblem(error instanceof Error ? error.message : String(error)));
    return () => {
      current = false;
    };
  }, [session, cell?.id, set, item.index, known]);

  if (!known) {
    return (
      <p className={css.facts}>
        {detectorTitle(shown)} confidence {scoreText(item.score)}. Its confidence under the other detectors needs the
        features of this cell, which are not in this browser.
      </p>
    );
  }
  return (
    <>
      {problem === null ? null : <Notice kind="bad">{problem}</Notice>}
      <table className={table.table} aria-label="Its confidence under every detector">
        <thead>
          <tr>
            <th scope="col">Detector</th>
            <th scope="col">Confidence</th>
            <th scope="col" title="Share of the ID test images whose confidence is lower">
              ID test below, %
            </th>
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={row.detector} data-selected={row.detector === shown}>
              <th scope="row">{detectorTitle(row.detector)}</th>
              <td>{scoreText(row.score)}</td>
              <td>{percent(row.above)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </>
  );
}
