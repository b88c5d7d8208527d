import { NativeSelect } from "@mantine/core";
import type { ReactNode } from "react";
import { metricsCsv } from "../../runs/evaluation/metricsCsv.ts";
import type { ImportedEvaluation, ImportKind } from "../../study/rescore.ts";
import { count } from "../model/format.ts";
import { download } from "../report/download.ts";
import { useSession } from "../state/session.tsx";
import { ActionButton } from "../ui/ActionButton.tsx";
import { Panel } from "../ui/Panel.tsx";
import css from "./evaluate.module.css";
import { choiceIn, keyOf } from "./evaluationScores.tsx";
import { GateText } from "./GateText.tsx";

const kinds: Readonly<Record<ImportKind, string>> = {
  scores: "scores only",
  logits: "logits",
  features: "features with their head",
  checkpoint: "a checkpoint",
};

interface KeptPanelProps {
  readonly imports: readonly ImportedEvaluation[];
  readonly shown: ImportedEvaluation;
  readonly onShow: (id: string) => void;
}

/** Which evaluation is shown: its ID accuracy before any OOD number, where it came from, exports, and its end. */
export function KeptPanel({ imports, shown, onShow }: KeptPanelProps): ReactNode {
  const session = useSession();
  const { id, name, gate, detectors, preset, kind, benchmark, sets, notes } = shown;
  const target = { kind: "import", id } as const;
  const csv = async (): Promise<void> => {
    const groups = new Map(sets.flatMap(({ name: set, group }) => (group === "id" ? [] : [[set, group] as const])));
    const context = { preset, idAccuracy: gate.measured, ...(benchmark === null ? {} : { benchmark }) };
    download(`${name}-metrics.csv`, "text/csv", metricsCsv(detectors, groups, context));
  };
  const scores = async (): Promise<void> => {
    const bytes = await session.exportScores(
      target,
      detectors.map((result) => choiceIn(shown, keyOf(result))),
    );
    download(`${name}-scores.safetensors`, "application/octet-stream", bytes);
  };
  const facts = [
    `From ${kinds[kind]}`,
    benchmark === null ? null : `on ${benchmark}`,
    kind === "scores" ? null : `preset ${preset}`,
    `${count(sets.reduce((sum, set) => sum + set.count, 0))} images in ${count(sets.length)} sets`,
    `imported ${minute(shown)} UTC`,
  ];
  return (
    <Panel
      title="Evaluation"
      summary={`${facts.filter((fact) => fact !== null).join(", ")}.`}
      actions={
        <>
          <NativeSelect
            size="xs"
            aria-label="Evaluation shown"
            value={id}
            onChange={(event) => onShow(event.target.value)}
            data={imports.map((record) => ({ value: record.id, label: `${record.name}, ${minute(record)}` }))}
          />
          <ActionButton size="compact-xs" variant="default" label="Export metrics.csv" action={csv}>
            CSV
          </ActionButton>
          <ActionButton size="compact-xs" variant="default" label="Export scores.safetensors" action={scores}>
            Scores
          </ActionButton>
          <ActionButton
            size="compact-xs"
            variant="default"
            label={`Delete the evaluation ${name}`}
            action={() => session.deleteImportedEvaluation(id)}
          >
            Delete
          </ActionButton>
        </>
      }
    >
      <GateText gate={gate} />
      {notes.length === 0 ? null : (
        <ul className={css.notes} aria-label="Notes of the import">
          {notes.map((note) => (
            <li key={note}>{note}</li>
          ))}
        </ul>
      )}
    </Panel>
  );
}

/** "2026-11-24 16:52" */
function minute({ created }: ImportedEvaluation): string {
  return created.slice(0, 16).replace("T", " ");
}
