import { Checkbox, NativeSelect, TextInput } from "@mantine/core";
import { type ReactNode, useId, useState } from "react";
import { presetNames, presets } from "../../study/recipe.ts";
import type { StudyRequest } from "../../study/study.ts";
import { plural } from "../model/format.ts";
import { defaultDetectors, detectorTitle, kindText, provenanceText } from "../model/words.ts";
import { useSession, useSessionField } from "../state/session.tsx";
import { useView } from "../state/view.ts";
import { ActionButton } from "../ui/ActionButton.tsx";
import { Loading, Notice } from "../ui/Panel.tsx";
import { checkDraft, type Draft, type DraftErrors, type DraftField, initialDraft } from "./draft.ts";
import css from "./page.module.css";
import { SanityStudies } from "./SanityStudies.tsx";
import { StartStudy } from "./StartStudy.tsx";

interface NewStudyFormProps {
  /** Called with the id of the study that was planned. */
  readonly onPlanned?: (studyId: string) => void;
}

/** Plans a study; nothing starts until its cells are run. */
export function NewStudyForm({ onPlanned }: NewStudyFormProps): ReactNode {
  const session = useSession();
  const benchmarks = useSessionField("benchmarks");
  const studies = useSessionField("studies");
  const selectStudy = useView((view) => view.selectStudy);
  const [draft, setDraft] = useState<Draft>(initialDraft);
  const [errors, setErrors] = useState<DraftErrors>({});
  const [planned, setPlanned] = useState<string | null>(null);

  const keep = async (request: StudyRequest): Promise<void> => {
    const id = await session.addStudy(request);
    setPlanned(id);
    selectStudy(id);
    onPlanned?.(id);
  };
  const submit = async (): Promise<void> => {
    const checked = checkDraft(draft, benchmarks.find(({ id }) => id === draft.benchmark) ?? null);
    setErrors("errors" in checked ? checked.errors : {});
    if ("request" in checked) await keep(checked.request);
  };

  if (benchmarks.length === 0) return <Loading what="Reading benchmarks…" />;
  const entry = studies.find(({ id }) => id === planned);
  const changed = [draft.steps, draft.batch, draft.lr, draft.realCount].some((text) => text.trim() !== "");
  return (
    <>
      <DraftFields draft={draft} errors={errors} change={(change) => setDraft({ ...draft, ...change })} />
      <p className={css.note}>
        {presets[draft.preset].note}
        {changed ? " With recipe values of your own this may differ; each cell says whether it converged." : ""}
      </p>
      <div className={css.bar}>
        <ActionButton action={submit}>Plan study</ActionButton>
      </div>
      {entry === undefined ? null : (
        <Notice kind="info" title={`${entry.study.name} is planned:`}>
          {plural(entry.study.cells.length, "cell")}; cells that an earlier study has finished are shared.{" "}
          <StartStudy entry={entry} />
        </Notice>
      )}
      <SanityStudies plan={keep} />
    </>
  );
}

interface DraftFieldsProps {
  readonly draft: Draft;
  readonly errors: DraftErrors;
  readonly change: (change: Partial<Draft>) => void;
}

function DraftFields({ draft, errors, change }: DraftFieldsProps): ReactNode {
  const benchmarks = useSessionField("benchmarks");
  const { recipe } = presets[draft.preset];
  const text = (field: DraftField, label: string, description: string): ReactNode => (
    <TextInput
      size="xs"
      label={label}
      description={description}
      value={String(draft[field])}
      error={errors[field]}
      onChange={(event) => change({ [field]: event.target.value })}
    />
  );
  return (
    <div className={css.form}>
      {text("name", "Name", "Empty: benchmark and preset")}
      <NativeSelect
        size="xs"
        label="Benchmark"
        description="ID, near- and far-OOD sets"
        value={draft.benchmark}
        error={errors.benchmark}
        onChange={(event) => change({ benchmark: event.target.value, generators: [] })}
        data={benchmarks.map(({ id, title, missing }) => ({
          value: id,
          label: missing.length === 0 ? title : `${title} (incomplete)`,
        }))}
      />
      <NativeSelect
        size="xs"
        label="Preset"
        description="Budget and width of the network"
        value={draft.preset}
        onChange={(event) => change({ preset: presetNames.find((name) => name === event.target.value) ?? "quick" })}
        data={presetNames.map((name) => ({ value: name, label: presets[name].title }))}
      />
      <GeneratorChoice draft={draft} errors={errors} change={change} />
      <DetectorChoice draft={draft} errors={errors} change={change} />
      {text("alphas", "α grid", "Shares of real images, e.g. 0, 0.5, 0.8, 1")}
      {text("pool", "Pool size", "Synthetic images per generator")}
      {text("seeds", "Seeds", "One run per seed; 3 allow a paired difference")}
      {text("steps", "Steps", `Empty: ${recipe.steps ?? `${recipe.epochs} epochs`}`)}
      {text("batch", "Batch size", `Empty: ${recipe.batch}`)}
      {text("lr", "Learning rate", `Empty: ${recipe.lr}`)}
      {text("realCount", "Real images", "Empty: the whole train set")}
    </div>
  );
}

function DetectorChoice({ draft, errors, change }: DraftFieldsProps): ReactNode {
  return (
    <Checkbox.Group
      className={css.span}
      size="xs"
      label="Detectors"
      description="Scored after training; any other can be scored later from the kept features. ODIN looks at every image through the network again."
      error={errors.detectors}
      value={[...draft.detectors]}
      onChange={(value) => change({ detectors: value })}
    >
      <div className={css.options}>
        {defaultDetectors.map((name) => (
          <Checkbox key={name} size="xs" value={name} label={detectorTitle(name)} />
        ))}
      </div>
    </Checkbox.Group>
  );
}

function GeneratorChoice({ draft, errors, change }: DraftFieldsProps): ReactNode {
  const generators = useSessionField("generators")[draft.benchmark] ?? [];
  const id = useId();
  return (
    <Checkbox.Group
      id={id}
      className={css.span}
      size="xs"
      label="Generators"
      description={
        generators.length === 0
          ? "No generator fits this benchmark: only α = 1 can run."
          : "Learned and simulated generators are never drawn as the same thing."
      }
      error={errors.generators}
      value={[...draft.generators]}
      onChange={(value) => change({ generators: value })}
    >
      <div className={css.options}>
        {generators.map((info) => (
          <Checkbox
            key={info.id}
            size="xs"
            value={info.id}
            label={info.title}
            description={`${kindText(info.kind)}, ${provenanceText(info.provenance)}`}
          />
        ))}
      </div>
    </Checkbox.Group>
  );
}
