import { Checkbox, NativeSelect, NumberInput } from "@mantine/core";
import type { ReactNode } from "react";
import type { InspectedGenerator, SamplingSettings } from "../../../study/generatorRecord.ts";
import type { GeneratorDraft } from "./generatorDraft.ts";
import css from "./upload.module.css";

interface SettingsFieldsProps {
  readonly inspected: InspectedGenerator;
  readonly draft: GeneratorDraft;
  readonly onDraft: (draft: GeneratorDraft) => void;
}

/** The sampling settings that the family of a network has. They are part of what its pools are. */
export function SettingsFields({ inspected, draft, onDraft }: SettingsFieldsProps): ReactNode {
  const { description } = inspected;
  const { settings } = draft;
  if (description === null || settings === null || description.settings.length === 0) return null;
  const set = (change: Partial<SamplingSettings>) => onDraft({ ...draft, settings: { ...settings, ...change } });
  return (
    <fieldset className={css.map}>
      <legend className={css.heading}>Sampling</legend>
      <div className={css.fields}>
        {description.settings.map((key) => (
          <Field key={key} name={key} settings={settings} set={set} />
        ))}
      </div>
    </fieldset>
  );
}

interface FieldProps {
  readonly name: keyof SamplingSettings;
  readonly settings: SamplingSettings;
  readonly set: (change: Partial<SamplingSettings>) => void;
}

function Field({ name, settings, set }: FieldProps): ReactNode {
  switch (name) {
    case "truncation":
      return (
        <NumberInput
          size="xs"
          label="Truncation"
          description="empty = none"
          min={0}
          max={2}
          step={0.1}
          value={settings.truncation ?? ""}
          onChange={(value) => set({ truncation: typeof value === "number" ? value : null })}
        />
      );
    case "steps":
      return (
        <NumberInput
          size="xs"
          label="Steps"
          min={1}
          max={1000}
          allowDecimal={false}
          value={settings.steps}
          onChange={(value) => typeof value === "number" && set({ steps: value })}
        />
      );
    case "eta":
      return (
        <NumberInput
          size="xs"
          label="η of DDIM"
          description="0 = deterministic"
          min={0}
          max={1}
          step={0.1}
          value={settings.eta}
          onChange={(value) => typeof value === "number" && set({ eta: value })}
        />
      );
    case "clip":
      return (
        <Checkbox
          size="xs"
          label="Clip x₀ to [−1, 1] in every step"
          checked={settings.clip}
          onChange={(event) => set({ clip: event.target.checked })}
        />
      );
    default: {
      const { label, values } = choices[name];
      return (
        <NativeSelect
          size="xs"
          label={label}
          value={settings[name]}
          onChange={(event) => set({ [name]: event.target.value })}
          data={Object.entries(values).map(([value, text]) => ({ value, label: text }))}
        />
      );
    }
  }
}

type Choice = Exclude<keyof SamplingSettings, "truncation" | "steps" | "eta" | "clip">;

const choices: { readonly [K in Choice]: { label: string; values: Readonly<Record<SamplingSettings[K], string>> } } = {
  noise: {
    label: "Noise of the layers",
    values: { const: "constant, from the file", random: "drawn for each image", none: "none" },
  },
  spectralNorm: {
    label: "Spectral norm",
    values: { stored: "as stored", step: "one power iteration", converged: "converged" },
  },
  batchNorm: {
    label: "Statistics of batch norm",
    values: { stored: "of the file", batch: "of each batch", standing: "standing: averaged anew" },
  },
  sampler: { label: "Sampler", values: { ddpm: "DDPM (ancestral)", ddim: "DDIM" } },
  spacing: { label: "Spacing of the steps", values: { uniform: "uniform", quad: "quadratic", trailing: "trailing" } },
  variance: {
    label: "Variance of DDPM",
    values: { "fixed-large": "fixed, large", "fixed-small": "fixed, small" },
  },
};
