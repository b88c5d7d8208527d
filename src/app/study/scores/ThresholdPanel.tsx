import { Button, NumberInput } from "@mantine/core";
import { memo, type ReactNode } from "react";
import { count, percent } from "../../model/format.ts";
import {
  type Reading,
  readAt,
  stepOf,
  THRESHOLD_STEPS,
  type ThresholdScores,
  thresholdAt,
} from "../../model/threshold.ts";
import { detectorTitle } from "../../model/words.ts";
import { type ThresholdPick, useThreshold } from "../../state/threshold.ts";
import { Empty, Panel } from "../../ui/Panel.tsx";
import table from "../../ui/table.module.css";
import { useShownScores, useShownThreshold } from "./shownScores.tsx";
import css from "./threshold.module.css";

/** A threshold on the confidence: what it accepts of ID and of each OOD set, live under a slider. */
export const ThresholdPanel = memo(function ThresholdPanel(): ReactNode {
  const { detector, scores, because, fetch } = useShownScores();
  return (
    <Panel
      title="Threshold"
      summary={`An image is accepted as ID when its ${detectorTitle(detector)} confidence reaches the threshold. The lines in the histograms and the dots on the ROC curves follow.`}
    >
      {scores === null ? (
        <Empty>There are no scores to put a threshold on.</Empty>
      ) : (
        <>
          <ThresholdControls scores={scores} detector={detector} />
          {scores.exact ? null : (
            <p className={css.note}>
              {resolutionText(because, fetch !== null)}{" "}
              {fetch === null ? null : (
                <Button size="compact-xs" variant="default" onClick={fetch}>
                  Score every image
                </Button>
              )}
            </p>
          )}
        </>
      )}
    </Panel>
  );
});

function resolutionText(because: string | null, costly: boolean): string {
  if (because !== null) return `At histogram resolution (40 bins): shares are off by up to one bin. ${because}`;
  return costly
    ? "At histogram resolution (40 bins): shares are off by up to one bin. Exact scores compare every image with the train set."
    : "At histogram resolution until the scores of the images are here.";
}

const rules: readonly { readonly pick: ThresholdPick; readonly title: string; readonly explain: string }[] = [
  { pick: { kind: "id95" }, title: "95 % ID accepted", explain: "The threshold of FPR@95 with ID positive" },
  { pick: { kind: "ood95" }, title: "95 % OOD caught", explain: "Over the OOD images of all test sets together" },
];

function ThresholdControls({ scores, detector }: { scores: ThresholdScores; detector: string }): ReactNode {
  const threshold = useShownThreshold() as number;
  const kind = useThreshold(({ pick }) => (pick.kind === "value" && pick.detector !== detector ? "id95" : pick.kind));
  const set = useThreshold((state) => state.set);
  const reading = readAt(scores, threshold);
  const choose = (value: number): void => set({ kind: "value", value, detector });
  return (
    <>
      <div className={css.controls}>
        <input
          className={css.range}
          type="range"
          min={0}
          max={THRESHOLD_STEPS}
          step={1}
          value={stepOf(scores, threshold)}
          aria-label="Threshold on the confidence"
          aria-valuetext={`${confidenceText(threshold)}: ${percent(reading.tpr)} % of ID accepted`}
          onChange={(event) => choose(thresholdAt(scores, Number(event.target.value)))}
        />
        <NumberInput
          className={css.number ?? ""}
          size="xs"
          aria-label="Threshold, confidence"
          hideControls
          clampBehavior="none"
          value={Number.isFinite(threshold) ? Number(threshold.toPrecision(6)) : ""}
          placeholder="above all"
          onChange={(value) => typeof value === "number" && changed(value, threshold) && choose(value)}
        />
        {rules.map(({ pick, title, explain }) => (
          <Button
            key={title}
            size="xs"
            variant="default"
            aria-pressed={kind === pick.kind}
            title={explain}
            onClick={() => set(pick)}
          >
            {title}
          </Button>
        ))}
      </div>
      <ReadingTable reading={reading} />
    </>
  );
}

/** The field shows six digits; setting it to what it shows is no change. */
function changed(value: number, threshold: number): boolean {
  return value !== Number(threshold.toPrecision(6));
}

export function confidenceText(value: number): string {
  return Number.isFinite(value) ? `confidence ${Number(value.toPrecision(4))}` : "above every confidence";
}

function ReadingTable({ reading }: { reading: Reading }): ReactNode {
  return (
    <table className={table.table} aria-label="What the threshold accepts">
      <thead>
        <tr>
          <th scope="col">Set</th>
          <th scope="col">Accepted as ID</th>
          <th scope="col">of images</th>
          <th scope="col" title="ID: true positive rate. OOD: false positive rate, ID being positive">
            TPR / FPR %
          </th>
          <th scope="col" title="ID among what is accepted of ID test and this set together; depends on their sizes">
            Precision %
          </th>
        </tr>
      </thead>
      <tbody>
        <tr>
          <th scope="row">ID test</th>
          <td>{count(reading.idAccepted)}</td>
          <td>{count(reading.nId)}</td>
          <td>
            <strong>TPR {percent(reading.tpr)}</strong>
          </td>
          <td />
        </tr>
        {reading.sets.map((set) => (
          <tr key={set.name}>
            <th scope="row">
              {set.name} <span className={css.soft}>({set.group})</span>
            </th>
            <td>{count(set.accepted)}</td>
            <td>{count(set.n)}</td>
            <td>FPR {percent(set.fpr)}</td>
            <td>{percent(set.precision)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
