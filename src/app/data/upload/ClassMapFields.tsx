import { NumberInput, Textarea } from "@mantine/core";
import type { ReactNode } from "react";
import type { BenchmarkInfo } from "../../../data/benchmark.ts";
import type { InspectedGenerator } from "../../../study/generatorRecord.ts";
import { classesOf, type GeneratorDraft } from "./generatorDraft.ts";
import css from "./upload.module.css";

/** With more classes than this, one text takes the place of a field for each. */
const FIELDS = 24;

interface ClassMapFieldsProps {
  readonly inspected: InspectedGenerator;
  readonly draft: GeneratorDraft;
  readonly benchmark: BenchmarkInfo;
  readonly onDraft: (draft: GeneratorDraft) => void;
}

/** Which class of the generator stands for each class of the benchmark. */
export function ClassMapFields({ inspected, draft, benchmark, onDraft }: ClassMapFieldsProps): ReactNode {
  const classes = classesOf(inspected) ?? 0;
  const { classNames } = benchmark;
  if (classNames.length > FIELDS) {
    return (
      <Textarea
        size="xs"
        autosize
        minRows={2}
        maxRows={8}
        label={`Class of the generator (0 … ${classes - 1}) for each of the ${classNames.length} classes`}
        description={`Numbers in the order ${classNames.slice(0, 3).join(", ")} …`}
        value={draft.classMap.join(" ").trim()}
        onChange={(event) => onDraft({ ...draft, classMap: typed(event.target.value, classNames.length) })}
      />
    );
  }
  return (
    <fieldset className={css.map}>
      <legend className={css.heading}>
        It has {classes} classes, {benchmark.title} has {classNames.length}: which is which?
      </legend>
      <div className={css.fields}>
        {classNames.map((name, label) => (
          <NumberInput
            key={name}
            size="xs"
            label={name}
            aria-label={`Class of the generator for ${name}`}
            placeholder={`0 … ${classes - 1}`}
            min={0}
            max={classes - 1}
            allowDecimal={false}
            value={draft.classMap[label] ?? ""}
            onChange={(value) => onDraft({ ...draft, classMap: draft.classMap.with(label, value) })}
          />
        ))}
      </div>
    </fieldset>
  );
}

function typed(text: string, length: number): (number | string)[] {
  const numbers = text.split(/[\s,;]+/).filter((part) => part !== "");
  return Array.from({ length }, (_, i) => numbers[i] ?? "");
}
