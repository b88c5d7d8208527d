import { NativeSelect, TextInput } from "@mantine/core";
import type { ReactNode } from "react";
import type { BenchmarkInfo } from "../../../data/benchmark.ts";
import type { InspectedGenerator, LabelOrder } from "../../../study/generatorRecord.ts";
import type { Provenance } from "../../../study/provenance.ts";
import { provenanceText } from "../../model/words.ts";
import { useSessionField } from "../../state/session.tsx";
import { classesOf, type GeneratorDraft } from "./generatorDraft.ts";
import { LabellerSelect } from "./LabellerSelect.tsx";
import css from "./upload.module.css";

const provenances: readonly Provenance[] = ["unknown", "same-real-set", "superset", "knows-the-renderer"];

interface DraftFieldsProps {
  readonly inspected: InspectedGenerator;
  readonly draft: GeneratorDraft;
  readonly onDraft: (draft: GeneratorDraft) => void;
  readonly onBenchmark: (benchmark: BenchmarkInfo) => void;
}

/** Name, benchmark, what it was trained on, and how its images get their labels. */
export function DraftFields({ inspected, draft, onDraft, onBenchmark }: DraftFieldsProps): ReactNode {
  const benchmarks = useSessionField("benchmarks");
  const unlabelled = classesOf(inspected) === null;
  return (
    <div className={css.fields}>
      <TextInput
        size="xs"
        label="Name of the generator"
        value={draft.title}
        onChange={(event) => onDraft({ ...draft, title: event.target.value })}
      />
      <NativeSelect
        size="xs"
        label="Makes images of"
        value={draft.benchmark}
        onChange={(event) => {
          const chosen = benchmarks.find(({ id }) => id === event.target.value);
          if (chosen) onBenchmark(chosen);
        }}
        data={benchmarks.map(({ id, title }) => ({ value: id, label: title }))}
      />
      <NativeSelect
        size="xs"
        label="What it was trained on"
        value={draft.provenance}
        onChange={(event) => onDraft({ ...draft, provenance: event.target.value as Provenance })}
        data={provenances.map((value) => ({ value, label: provenanceText(value) }))}
      />
      {unlabelled ? (
        <LabellerSelect
          benchmark={draft.benchmark}
          value={draft.labeller}
          onChange={(labeller) => onDraft({ ...draft, labeller })}
        />
      ) : (
        <NativeSelect
          size="xs"
          label="Labels"
          value={draft.labels}
          onChange={(event) => onDraft({ ...draft, labels: event.target.value as LabelOrder })}
          data={
            inspected.description === null
              ? [
                  { value: "uniform", label: "as in the files" },
                  { value: "balanced", label: "as many of each class" },
                ]
              : [
                  { value: "balanced", label: "as many of each class" },
                  { value: "uniform", label: "drawn uniformly" },
                ]
          }
        />
      )}
    </div>
  );
}
