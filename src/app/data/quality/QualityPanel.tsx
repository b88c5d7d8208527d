import { Button, FileButton, NativeSelect } from "@mantine/core";
import { type ReactNode, useState } from "react";
import type { BenchmarkInfo } from "../../../data/benchmark.ts";
import type { GeneratorInfo } from "../../../generators/generator.ts";
import type { FeatureChoice } from "../../../runs/fidelity/fidelityRequest.ts";
import { count, duration } from "../../model/format.ts";
import page from "../../plan/page.module.css";
import { sourceText } from "../../runs/cellText.ts";
import { useSession, useSessionField } from "../../state/session.tsx";
import { Empty, Notice, Panel } from "../../ui/Panel.tsx";
import { QualityTable } from "./QualityTable.tsx";

interface QualityPanelProps {
  readonly benchmark: BenchmarkInfo;
  readonly generators: readonly GeneratorInfo[];
}

/** How close pools are to real images, by which features, and what is left undone. */
export function QualityPanel({ benchmark, generators }: QualityPanelProps): ReactNode {
  const session = useSession();
  const pools = useSessionField("pools").filter(
    ({ spec, filled }) => spec.benchmark === benchmark.id && filled === spec.size,
  );
  const records = useSessionField("fidelities").filter((record) => record.benchmark === benchmark.id);
  const [chosen, setChosen] = useState<string | null>(null);
  const [inception, setInception] = useState<File | null>(null);
  const [progress, setProgress] = useState<string | null>(null);
  const [error, setError] = useState<string | null>(null);
  const pool = pools.find(({ id }) => id === chosen) ?? pools[0];

  const compare = async (): Promise<void> => {
    if (pool === undefined) return;
    const features: FeatureChoice =
      inception === null
        ? { kind: "classifier", network: null }
        : { kind: "inception", file: { name: inception.name, blob: inception }, resizer: "bilinear (pytorch-fid)" };
    setError(null);
    setProgress("Starting…");
    try {
      await session.compareWithReal(
        { pool: pool.spec, features, n: null, reference: null, seed: 0 },
        (done, total, eta) =>
          setProgress(
            `Features of ${count(done)} of ${count(total)} images${eta === null ? "" : `, ${duration(eta)} left`}`,
          ),
      );
    } catch (cause) {
      const stopped = cause instanceof Error && "code" in cause && cause.code === "stopped";
      if (!stopped) setError(cause instanceof Error ? cause.message : String(cause));
    } finally {
      setProgress(null);
    }
  };

  return (
    <Panel
      title="Quality of pools"
      summary="A pool against as many real images: in the features of a classifier trained on real images alone (never called FID), or in Inception's, whose file you bring."
    >
      {pool === undefined ? (
        <Empty>No pool of {benchmark.title} is filled. Fill one above.</Empty>
      ) : (
        <div className={page.bar}>
          <NativeSelect
            size="xs"
            label="Pool to compare"
            value={pool.id}
            onChange={(event) => setChosen(event.target.value)}
            data={pools.map(({ id, spec }) => ({
              value: id,
              label: `${sourceText(spec.generator, generators)}, seed ${spec.seed}, ${count(spec.size)} images`,
            }))}
          />
          <FileButton onChange={setInception}>
            {(props) => (
              <Button {...props} size="xs" variant="default">
                {inception === null ? "Use Inception (pytorch-fid file)…" : `Inception: ${inception.name}`}
              </Button>
            )}
          </FileButton>
          {inception === null ? null : (
            <Button size="xs" variant="default" onClick={() => setInception(null)}>
              Use the classifier instead
            </Button>
          )}
          {progress === null ? (
            <Button size="xs" onClick={() => void compare()}>
              Compare with real images
            </Button>
          ) : (
            <Button size="xs" variant="default" onClick={() => session.stopFidelity()}>
              Stop comparing
            </Button>
          )}
        </div>
      )}
      {progress === null ? null : <p role="status">{progress}</p>}
      {error === null ? null : (
        <Notice kind="bad" title="Not compared">
          {error}
        </Notice>
      )}
      {records.length === 0 ? null : <QualityTable records={records} generators={generators} />}
    </Panel>
  );
}
