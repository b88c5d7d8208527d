import type { ReactNode } from "react";
import { csvLine } from "../../../study/csv.ts";
import type { DetectorResult } from "../../../study/result.ts";
import type { CellSummary } from "../../../study/summary.ts";
import type { AlphaGroup } from "../../model/cellIndex.ts";
import { choiceOfKey } from "../../model/detectorChoice.ts";
import { methodCsv } from "../../model/methodCsv.ts";
import { download } from "../../report/download.ts";
import { useSession, useSessionField } from "../../state/session.tsx";
import { ActionButton } from "../../ui/ActionButton.tsx";
import { useStudyModel } from "../studyModel.tsx";

const small = { size: "compact-xs", variant: "default" } as const;

/** The method × set table with all of its metrics. */
export function ExportTable({ group }: { group: AlphaGroup }): ReactNode {
  const { study } = useStudyModel().entry;
  const name = `detectors-a${group.alpha.toFixed(2)}.csv`;
  return (
    <ActionButton
      {...small}
      label="Export the table as CSV"
      action={async () => download(name, "text/csv", methodCsv(study, group))}
    >
      CSV
    </ActionButton>
  );
}

/** Confidences of every test image of the shown cell under every detector that it was scored with. */
export function ExportScores({ summary }: { summary: CellSummary }): ReactNode {
  const session = useSession();
  const unkept = useSessionField("unkept").has(summary.cell.id);
  if (unkept) return null;
  const save = async (): Promise<void> => {
    const choices = summary.detectors.map(({ variant, detector }) => choiceOfKey(variant ?? detector));
    const bytes = await session.exportScores({ kind: "cell", cell: summary.cell }, choices);
    download(`${summary.cell.id}-scores.safetensors`, "application/octet-stream", bytes);
  };
  return (
    <ActionButton {...small} label="Export the scores of the shown cell" action={save}>
      Scores of seed {summary.cell.seed}
    </ActionButton>
  );
}

/** The ROC curves as drawn: at most 101 true points each. */
export function ExportRoc({ result, name }: { result: DetectorResult; name: string }): ReactNode {
  return (
    <ActionButton
      {...small}
      label="Export the ROC points as CSV"
      action={async () => download(`${name}-roc.csv`, "text/csv", rocCsv(result))}
    >
      CSV
    </ActionButton>
  );
}

function rocCsv(result: DetectorResult): string {
  const lines = [csvLine(["detector", "ood_set", "group", "fpr", "tpr"])];
  for (const { set, group, test, roc } of result.sets) {
    if (!test || roc === null) continue;
    roc.fpr.forEach((fpr, at) => {
      lines.push(csvLine([result.variant ?? result.detector, set, group, fpr, roc.tpr[at] ?? null]));
    });
  }
  return `${lines.join("\r\n")}\r\n`;
}

/** The charts of a panel as one SVG file with its styles in it. */
export function ExportSvg({ name, figures }: { name: string; figures: () => readonly SVGSVGElement[] }): ReactNode {
  const save = async (): Promise<void> => {
    const { svgFile } = await import("./svgFile.ts");
    download(`${name}.svg`, "image/svg+xml", svgFile(figures()));
  };
  return (
    <ActionButton {...small} label={`Export ${name} as SVG`} action={save}>
      SVG
    </ActionButton>
  );
}
