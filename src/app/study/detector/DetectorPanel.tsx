import { Button } from "@mantine/core";
import type { ReactNode } from "react";
import { detectorOf } from "../../model/curve.ts";
import { readChoice, studySizes } from "../../model/detectorChoice.ts";
import { plural } from "../../model/format.ts";
import { detectorTitle } from "../../model/words.ts";
import { useView } from "../../state/view.ts";
import { Notice, Panel } from "../../ui/Panel.tsx";
import { useShownCell, useStudyModel } from "../studyModel.tsx";
import { DetectorFacts } from "./DetectorFacts.tsx";
import { DetectorSelect } from "./DetectorSelect.tsx";
import css from "./detector.module.css";
import { FeaturesNotice } from "./FeaturesNotice.tsx";
import { HyperParameters } from "./HyperParameters.tsx";
import { type Rescoring, useRescore } from "./useRescore.ts";

/** The detector of every chart, its hyper-parameters, and the state of scoring the study with it. */
export function DetectorPanel(): ReactNode {
  const { entry, benchmark, detector: key } = useStudyModel();
  const select = useView((view) => view.selectDetector);
  const rescoring = useRescore();
  const summary = useShownCell();
  const choice = readChoice(key);
  if (choice === null) return null;
  const { detector, params } = choice;
  const { preset } = entry.study;
  const sizes = studySizes(entry.study, benchmark);
  const because = summary === null ? null : (detectorOf(summary, key)?.undefinedBecause ?? null);
  return (
    <Panel
      title="Detector and hyper-parameters"
      summary={`Every chart and table of this page follows. Values of preset ${preset} unless you change them.`}
      actions={<DetectorSelect label="Detector of every chart" />}
    >
      <DetectorFacts detector={detector} preset={preset} />
      {sizes === null ? (
        <Notice kind="warn">
          The benchmark "{entry.study.benchmark}" is not here, so the preset's values are not known.
        </Notice>
      ) : (
        <HyperParameters
          key={detector.name}
          detector={detector}
          params={params}
          preset={preset}
          sizes={sizes}
          onChange={select}
        />
      )}
      <div className={css.row}>
        {Object.keys(params).length === 0 ? null : (
          <Button size="xs" variant="default" onClick={() => select(detector.name)}>
            Reset to preset {preset}
          </Button>
        )}
        <RescoreStatus rescoring={rescoring} title={detectorTitle(key)} />
      </div>
      {because === null ? null : (
        <Notice kind="warn" title={`${detector.title} is`}>
          {because}
        </Notice>
      )}
      <FeaturesNotice />
    </Panel>
  );
}

function RescoreStatus({ rescoring, title }: { rescoring: Rescoring; title: string }): ReactNode {
  return (
    <span className={css.status} role="status">
      {statusText(rescoring, title)}
      {rescoring.kind === "running" ? (
        <>
          <progress value={rescoring.done} max={rescoring.total} aria-label="Cells scored" />
          <Button size="compact-xs" variant="default" onClick={rescoring.cancel}>
            Cancel
          </Button>
        </>
      ) : null}
      {"start" in rescoring ? (
        <Button size="compact-xs" variant="default" onClick={rescoring.start}>
          Score them now
        </Button>
      ) : null}
    </span>
  );
}

function statusText(rescoring: Rescoring, title: string): string {
  switch (rescoring.kind) {
    case "idle":
      return "";
    case "asks":
      return `${title} passes every image of ${plural(rescoring.cells, "cell")} through the network again, forwards and backwards.`;
    case "running":
      return `Scoring with ${title}: ${Math.floor(rescoring.done)} of ${plural(rescoring.total, "cell")}.`;
    case "done": {
      const { computed, seconds } = rescoring.outcome;
      return computed === 0 ? "" : `${plural(computed, "cell")} re-scored in ${secondsText(seconds)}.`;
    }
    case "cancelled":
      return "Cancelled; what was scored stays.";
    case "failed":
      return `Not scored: ${rescoring.message}`;
  }
}

function secondsText(seconds: number): string {
  if (seconds < 0.095) return `${Math.max(1, Math.round(seconds * 1000))} ms`;
  return `${seconds < 10 ? seconds.toFixed(1) : Math.round(seconds)} s`;
}
