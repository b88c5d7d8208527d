import { NativeSelect } from "@mantine/core";
import type { ReactNode } from "react";
import type { StudyEntry } from "../session/session.ts";
import { useSessionField } from "../state/session.tsx";
import { useView } from "../state/view.ts";

/** The study that every page looks at: the selected one, else the first; null while there is none. */
export function useSelectedStudy(): StudyEntry | null {
  const studies = useSessionField("studies");
  const studyId = useView((view) => view.studyId);
  return studies.find((study) => study.id === studyId) ?? studies[0] ?? null;
}

/** Chooses the study of all pages. */
export function StudySelect(): ReactNode {
  const studies = useSessionField("studies");
  const selectStudy = useView((view) => view.selectStudy);
  const selected = useSelectedStudy();
  if (selected === null) return null;
  return (
    <NativeSelect
      size="xs"
      label="Study"
      value={selected.id}
      onChange={(event) => selectStudy(event.target.value)}
      data={studies.map(({ id, source, study }) => ({
        value: id,
        label: source === "example" ? `${study.name} (example)` : study.name,
      }))}
    />
  );
}
