import { Button, NativeSelect } from "@mantine/core";
import type { ReactNode } from "react";
import { plural } from "../model/format.ts";
import type { StudyEntry } from "../session/session.ts";
import { useView } from "../state/view.ts";
import css from "./StudyPage.module.css";

interface StudyBarProps {
  readonly studies: readonly StudyEntry[];
  readonly entry: StudyEntry | null;
  readonly onNew: () => void;
}

/** Which study, what it is, and what α means. */
export function StudyBar({ studies, entry, onNew }: StudyBarProps): ReactNode {
  const selectStudy = useView((view) => view.selectStudy);
  const ordered = [...studies].sort((a, b) => Number(b.source === "example") - Number(a.source === "example"));
  return (
    <>
      <h1 className="visually-hidden">Study</h1>
      <div className={css.bar}>
        {entry === null ? null : (
          <NativeSelect
            size="xs"
            label="Study"
            value={entry.id}
            onChange={(event) => selectStudy(event.target.value)}
            data={ordered.map((study) => ({
              value: study.id,
              label: study.source === "example" ? `${study.study.name} (example)` : study.study.name,
            }))}
          />
        )}
        <Button size="xs" variant="default" onClick={onNew}>
          New study
        </Button>
        {entry === null ? null : <span className={css.label}>{sourceText(entry)}</span>}
      </div>
      <p className={css.lead}>
        α is the share of real images in each training batch; the rest is synthetic, drawn from a generator. α = 1
        trains on real images only. Drag α: the panels show what was measured at the nearest α that has run.
      </p>
    </>
  );
}

function sourceText({ source, computedWith, study }: StudyEntry): string {
  const grid = `${study.preset} preset, width ${study.width}, ${plural(study.seeds.length, "seed")}`;
  if (source === "own") return `Your study: ${grid}`;
  return `Example results${computedWith === null ? "" : `, computed with ${computedWith}`}, read-only. ${grid}`;
}
