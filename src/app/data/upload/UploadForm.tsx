import { Button } from "@mantine/core";
import { type ReactNode, useState } from "react";
import type { BenchmarkInfo } from "../../../data/benchmark.ts";
import type { GeneratorRecord, InspectedGenerator } from "../../../study/generatorRecord.ts";
import { bytes } from "../../model/format.ts";
import { useSession, useSessionField } from "../../state/session.tsx";
import { Notice } from "../../ui/Panel.tsx";
import { ClassMapFields } from "./ClassMapFields.tsx";
import { DraftFields } from "./DraftFields.tsx";
import {
  draftOf,
  draftProblem,
  type GeneratorDraft,
  keepOptions,
  needsClassMap,
  withBenchmark,
} from "./generatorDraft.ts";
import { Preview } from "./Preview.tsx";
import { SettingsFields } from "./SettingsFields.tsx";
import css from "./upload.module.css";

interface UploadFormProps {
  readonly files: readonly File[];
  readonly inspected: InspectedGenerator;
  /** Benchmark to begin with. */
  readonly initial: BenchmarkInfo;
  readonly onClear: () => void;
  readonly onKept: (record: GeneratorRecord) => void;
}

type Work =
  | { readonly kind: "idle" }
  | { readonly kind: "keeping"; readonly done: number; readonly total: number }
  | { readonly kind: "failed"; readonly message: string };

/** Everything that is asked before a generator is kept, beside what it makes of it. */
export function UploadForm({ files, inspected, initial, onClear, onKept }: UploadFormProps): ReactNode {
  const session = useSession();
  const benchmarks = useSessionField("benchmarks");
  const [draft, setDraft] = useState<GeneratorDraft>(() => draftOf(inspected, initial));
  const [work, setWork] = useState<Work>({ kind: "idle" });
  const benchmark = benchmarks.find(({ id }) => id === draft.benchmark) ?? initial;
  const problem = draftProblem(inspected, draft, benchmark);
  const busy = work.kind === "keeping";

  const keep = async (): Promise<void> => {
    setWork({ kind: "keeping", done: 0, total: 0 });
    try {
      const options = keepOptions(inspected, draft, benchmark);
      onKept(await session.keepGenerator(files, options, (done, total) => setWork({ kind: "keeping", done, total })));
    } catch (error) {
      setWork({ kind: "failed", message: error instanceof Error ? error.message : String(error) });
    }
  };

  return (
    <>
      <Preview files={files} inspected={inspected} draft={draft} benchmark={benchmark} />
      <h3 className={css.heading}>Add it</h3>
      <DraftFields
        inspected={inspected}
        draft={draft}
        onDraft={setDraft}
        onBenchmark={(next) => setDraft(withBenchmark(draft, inspected, next))}
      />
      {needsClassMap(inspected, benchmark) ? (
        <ClassMapFields inspected={inspected} draft={draft} benchmark={benchmark} onDraft={setDraft} />
      ) : null}
      <SettingsFields inspected={inspected} draft={draft} onDraft={setDraft} />
      {problem === null ? null : <p className={css.message}>{problem}</p>}
      <div className={css.actions}>
        <Button size="xs" disabled={busy || problem !== null} onClick={() => void keep()}>
          Add the generator
        </Button>
        <Button size="xs" variant="default" disabled={busy} onClick={onClear}>
          Put the files away
        </Button>
      </div>
      {work.kind === "keeping" ? <Progress {...work} /> : null}
      {work.kind === "failed" ? (
        <Notice kind="bad" title="The generator was not added.">
          {work.message}
        </Notice>
      ) : null}
    </>
  );
}

function Progress({ done, total }: { done: number; total: number }): ReactNode {
  return (
    <div role="status" className={css.message}>
      <progress className={css.progress} aria-label="Storing" {...(total === 0 ? {} : { value: done, max: total })} />
      <div>{total === 0 ? "Storing the files…" : `${bytes(done)} of ${bytes(total)} stored`}</div>
    </div>
  );
}
