import { Button, Checkbox, Modal, NativeSelect, TextInput } from "@mantine/core";
import { type ReactNode, useState } from "react";
import { presetNames, presets } from "../../study/recipe.ts";
import { planStudy } from "../../study/study.ts";
import { bytes, durationRange, plural } from "../model/format.ts";
import { emptyDraft, requestOf, type StudyDraft, sanityDrafts } from "../model/newStudy.ts";
import { kindText, provenanceText } from "../model/words.ts";
import { useSession, useSessionField } from "../state/session.tsx";
import { useView } from "../state/view.ts";
import { ActionButton } from "../ui/ActionButton.tsx";
import { Notice } from "../ui/Panel.tsx";

/** Plans a study: what to vary, what it costs, and then Run. */
export function NewStudy({ opened, onClose }: { opened: boolean; onClose: () => void }): ReactNode {
  return (
    <Modal opened={opened} onClose={onClose} title="New study" size="lg">
      <Form onDone={onClose} />
    </Modal>
  );
}

function Form({ onDone }: { onDone: () => void }): ReactNode {
  const session = useSession();
  const benchmarks = useSessionField("benchmarks");
  const generators = useSessionField("generators");
  const selectStudy = useView((view) => view.selectStudy);
  const [draft, setDraft] = useState<StudyDraft>(emptyDraft);
  const [cost, setCost] = useState<string | null>(null);
  const change = (patch: Partial<StudyDraft>): void => {
    setDraft({ ...draft, ...patch });
    setCost(null);
  };
  const offered = generators[draft.benchmark] ?? [];
  const benchmark = benchmarks.find((info) => info.id === draft.benchmark);

  const estimate = async (): Promise<void> => {
    const { cells } = planStudy(requestOf(draft));
    const result = await session.estimate(cells);
    setCost(
      `${plural(cells.length, "cell")}: ${durationRange(result.seconds)} and ${bytes(result.bytes)}, pools not counted.`,
    );
  };
  const start = async (): Promise<void> => {
    const request = requestOf(draft);
    const id = await session.addStudy(request);
    await session.enqueue(id, planStudy(request).cells);
    selectStudy(id);
    onDone();
  };

  const text = (key: keyof StudyDraft, label: string, description?: string): ReactNode => (
    <TextInput
      size="xs"
      label={label}
      description={description}
      value={String(draft[key])}
      onChange={(event) => change({ [key]: event.target.value })}
    />
  );
  return (
    <div style={{ display: "grid", gap: 10 }}>
      <div style={{ display: "flex", flexWrap: "wrap", gap: 6, alignItems: "center" }}>
        <span style={{ fontSize: 12.5 }}>Sanity controls:</span>
        {sanityDrafts.map((control) => (
          <Button
            key={control.title}
            size="compact-xs"
            variant="default"
            title={control.expect}
            onClick={() => change(control.draft)}
          >
            {control.title}
          </Button>
        ))}
      </div>
      {text("name", "Name")}
      <NativeSelect
        size="xs"
        label="Benchmark"
        value={draft.benchmark}
        onChange={(event) => change({ benchmark: event.target.value })}
        data={benchmarks.map((info) => ({ value: info.id, label: info.title }))}
      />
      {benchmark && benchmark.missing.length > 0 ? <Notice kind="warn">{benchmark.missing.join(" ")}</Notice> : null}
      <NativeSelect
        size="xs"
        label="Preset"
        description={presets[draft.preset].note}
        value={draft.preset}
        onChange={(event) => change({ preset: event.target.value as StudyDraft["preset"] })}
        data={presetNames.map((name) => ({ value: name, label: presets[name].title }))}
      />
      <Checkbox.Group
        label="Generators"
        value={[...draft.generators]}
        onChange={(chosen) => change({ generators: chosen })}
      >
        <div style={{ display: "grid", gap: 4, maxHeight: 190, overflow: "auto", marginTop: 4 }}>
          {offered.map((info) => (
            <Checkbox
              key={info.id}
              size="xs"
              value={info.id}
              label={`${info.title}: ${kindText(info.kind)}, ${provenanceText(info.provenance)}`}
            />
          ))}
        </div>
      </Checkbox.Group>
      <div style={{ display: "grid", gridTemplateColumns: "repeat(auto-fill, minmax(150px, 1fr))", gap: 8 }}>
        {text("alphas", "α grid", "α = 1 is always added")}
        {text("seeds", "Seeds")}
        {text("pool", "Pool", "synthetic images")}
        {text("steps", "Steps", "empty = preset")}
        {text("batch", "Batch", "empty = preset")}
        {text("width", "Width", "empty = preset")}
        {text("realCount", "Real images", "empty = all")}
      </div>
      {cost === null ? null : <Notice kind="info">{cost}</Notice>}
      <div style={{ display: "flex", gap: 8 }}>
        <ActionButton variant="default" action={estimate}>
          Estimate
        </ActionButton>
        <ActionButton action={start}>Run this study</ActionButton>
      </div>
    </div>
  );
}
