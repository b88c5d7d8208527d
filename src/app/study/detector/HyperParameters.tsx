import { NativeSelect, NumberInput } from "@mantine/core";
import { type ReactNode, useEffect, useState } from "react";
import type { Detector, Parameter, Sizes } from "../../../detection/detector.ts";
import {
  BadParameter,
  checkParameter,
  choiceKey,
  type DetectorChoice,
  detectorPreset,
  resolveParams,
} from "../../../detection/params.ts";
import type { PresetName } from "../../../study/recipe.ts";
import type { ParameterValue, Params } from "../../../study/result.ts";
import { overridesOf, valueText } from "../../model/detectorChoice.ts";
import css from "./detector.module.css";

interface HyperParametersProps {
  readonly detector: Detector;
  /** Values that differ from the preset's. */
  readonly params: Params;
  readonly preset: PresetName;
  readonly sizes: Sizes;
  readonly onChange: (key: string) => void;
}

/** Milliseconds that a value must rest before everything is scored with it. */
const REST = 150;

/** The detector's hyper-parameters with the values that it runs with; a change scores the study anew. */
export function HyperParameters({ detector, params, preset, sizes, onChange }: HyperParametersProps): ReactNode {
  const own = resolveParams(detector, detectorPreset(preset), sizes);
  const [draft, setDraft] = useState<Readonly<Record<string, ParameterValue>>>({});
  const values = { ...own, ...params, ...draft };
  const wrong = objections(detector, values);

  // biome-ignore lint/correctness/useExhaustiveDependencies: only what was typed starts the wait.
  useEffect(() => {
    if (Object.keys(draft).length === 0 || Object.keys(wrong).length > 0) return;
    const timer = setTimeout(() => {
      const choice: DetectorChoice = {
        name: detector.name,
        params: overridesOf(detector, detectorPreset(preset), sizes, values),
      };
      onChange(choiceKey(choice));
      setDraft({});
    }, REST);
    return () => clearTimeout(timer);
  }, [draft]);

  if (detector.parameters.length === 0) return <p className={css.small}>{detector.title} has no hyper-parameters.</p>;
  return (
    <div className={css.fields}>
      {detector.parameters.map((parameter) => (
        <Field
          key={parameter.name}
          parameter={parameter}
          value={values[parameter.name] ?? ""}
          presetValue={own[parameter.name] ?? ""}
          error={wrong[parameter.name] ?? null}
          onChange={(value) => setDraft({ ...draft, [parameter.name]: value })}
        />
      ))}
    </div>
  );
}

function objections(detector: Detector, values: Params): Readonly<Record<string, string>> {
  const wrong: Record<string, string> = {};
  for (const { name } of detector.parameters) {
    try {
      checkParameter(detector, name, values[name] ?? "");
    } catch (error) {
      if (!(error instanceof BadParameter)) throw error;
      wrong[name] = error.message;
    }
  }
  return wrong;
}

interface FieldProps {
  readonly parameter: Parameter;
  readonly value: ParameterValue;
  readonly presetValue: ParameterValue;
  readonly error: string | null;
  readonly onChange: (value: ParameterValue) => void;
}

function Field({ parameter, value, presetValue, error, onChange }: FieldProps): ReactNode {
  const changed = value === presetValue ? "" : ` The preset's value is ${valueText(presetValue)}.`;
  const description = `${parameter.explain}${changed}`;
  if (parameter.kind === "choice") {
    return (
      <NativeSelect
        size="xs"
        label={parameter.title}
        description={description}
        error={error}
        value={String(value)}
        onChange={(event) => onChange(event.target.value)}
        data={parameter.options.map((option) => ({ value: option.value, label: option.title }))}
      />
    );
  }
  return (
    <NumberInput
      size="xs"
      label={parameter.title}
      description={description}
      error={error}
      value={value}
      min={parameter.min}
      max={parameter.max}
      allowDecimal={!parameter.integer}
      step={parameter.integer ? 1 : stepOf(presetValue)}
      clampBehavior="none"
      onChange={(typed) => onChange(typed)}
    />
  );
}

/** A tenth of the value's own power of ten: arrow keys move 0.0014 by 0.0001 and 1000 by 100. */
function stepOf(value: ParameterValue): number {
  const size = Math.abs(Number(value));
  return size > 0 && Number.isFinite(size) ? 10 ** (Math.floor(Math.log10(size)) - 1) : 0.1;
}
