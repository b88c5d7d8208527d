import { NativeSelect } from "@mantine/core";
import type { ReactNode } from "react";
import { percent } from "../../model/format.ts";
import { useSessionField } from "../../state/session.tsx";

interface LabellerSelectProps {
  readonly benchmark: string;
  /** "cell ID", "imported ID" or "". */
  readonly value: string;
  readonly onChange: (value: string) => void;
}

/** The classifier, trained on real images, that labels what a generator without classes makes. */
export function LabellerSelect({ benchmark, value, onChange }: LabellerSelectProps): ReactNode {
  const summaries = Object.values(useSessionField("summaries"));
  const unkept = useSessionField("unkept");
  const imports = useSessionField("imports");
  const cells = summaries.filter(
    ({ cell }) => cell.generator === null && cell.benchmark === benchmark && !unkept.has(cell.id),
  );
  const checkpoints = imports.filter((each) => each.kind === "checkpoint" && each.benchmark === benchmark);
  return (
    <NativeSelect
      size="xs"
      label="Classifier that labels its images"
      value={value}
      onChange={(event) => onChange(event.target.value)}
      data={[
        { value: "", label: "choose…" },
        ...cells.map(({ cell, idAccuracy }) => ({
          value: `cell ${cell.id}`,
          label: `baseline, seed ${cell.seed}, ${cell.preset}, ID accuracy ${percent(idAccuracy)} %`,
        })),
        ...checkpoints.map(({ id, name, gate }) => ({
          value: `imported ${id}`,
          label: `${name}${gate.measured === null ? "" : `, ID accuracy ${percent(gate.measured)} %`}`,
        })),
      ]}
    />
  );
}
