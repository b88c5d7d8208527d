import { NativeSelect } from "@mantine/core";
import { type ReactNode, useState } from "react";
import type { BenchmarkInfo } from "../../data/benchmark.ts";
import { bytes, count } from "../model/format.ts";
import { kindText, provenanceText } from "../model/words.ts";
import { useSession, useSessionField } from "../state/session.tsx";
import { ActionButton } from "../ui/ActionButton.tsx";
import { ClassGallery } from "../ui/ClassGallery.tsx";
import { Empty, Loading, Notice, Panel } from "../ui/Panel.tsx";
import table from "../ui/table.module.css";
import { ImportPanel } from "./ImportPanel.tsx";
import { PoolsPanel } from "./PoolsPanel.tsx";

/** What images there are: benchmarks, imported datasets, generators and pools. */
export function DataPage(): ReactNode {
  const benchmarks = useSessionField("benchmarks");
  const generators = useSessionField("generators");
  const [chosen, setChosen] = useState("shapes");
  const [generator, setGenerator] = useState<string | null>(null);
  const benchmark = benchmarks.find((info) => info.id === chosen) ?? benchmarks[0];
  if (benchmark === undefined) return <Loading what="Reading what is stored…" />;
  const offered = generators[benchmark.id] ?? [];
  const shown = offered.find((info) => info.id === generator) ?? offered[0];
  return (
    <div style={{ display: "grid", gap: 10 }}>
      <h1 className="visually-hidden">Data and generators</h1>
      <ImportPanel />
      <DatasetsPanel />
      <Panel
        title="Benchmark"
        actions={
          <NativeSelect
            size="xs"
            aria-label="Benchmark"
            value={benchmark.id}
            onChange={(event) => setChosen(event.target.value)}
            data={benchmarks.map((info) => ({ value: info.id, label: info.title }))}
          />
        }
        summary={`${benchmark.classNames.length} classes, ${benchmark.width} × ${benchmark.height} pixels.`}
      >
        {benchmark.missing.length > 0 ? <Notice kind="warn">{benchmark.missing.join(" ")}</Notice> : null}
        <SetsTable benchmark={benchmark} />
      </Panel>
      <Panel
        title="Real and synthetic, by class"
        actions={
          shown === undefined ? undefined : (
            <NativeSelect
              size="xs"
              aria-label="Generator"
              value={shown.id}
              onChange={(event) => setGenerator(event.target.value)}
              data={offered.map((info) => ({ value: info.id, label: `${info.title} (${info.kind})` }))}
            />
          )
        }
        summary={
          shown === undefined
            ? "No generator fits this benchmark yet."
            : `${kindText(shown.kind)}, ${provenanceText(shown.provenance)}. ${shown.note}`
        }
      >
        {benchmark.sets.some((set) => set.name === "train") ? (
          <ClassGallery benchmark={benchmark} generator={shown?.id ?? null} seed={0} perClass={5} />
        ) : (
          <Empty>Import the training images first.</Empty>
        )}
      </Panel>
      <PoolsPanel benchmark={benchmark} generators={offered} />
    </div>
  );
}

function SetsTable({ benchmark }: { benchmark: BenchmarkInfo }): ReactNode {
  return (
    <div className={table.scroll}>
      <table className={table.table} aria-label={`Sets of ${benchmark.title}`}>
        <thead>
          <tr>
            <th scope="col">Set</th>
            <th scope="col">Group</th>
            <th scope="col">Used for</th>
            <th scope="col">Images</th>
            <th scope="col">Note</th>
          </tr>
        </thead>
        <tbody>
          {benchmark.sets.map((set) => (
            <tr key={set.name}>
              <th scope="row">{set.title}</th>
              <td>{set.group}</td>
              <td>{set.role}</td>
              <td>{count(set.count)}</td>
              <td className={`${table.text} ${table.wrap}`}>{set.note}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function DatasetsPanel(): ReactNode {
  const session = useSession();
  const datasets = useSessionField("datasets");
  return (
    <Panel title="Imported datasets">
      {datasets.length === 0 ? (
        <Empty>None yet. What you choose above is read here and kept in this browser; nothing is uploaded.</Empty>
      ) : (
        <div className={table.scroll}>
          <table className={table.table} aria-label="Imported datasets">
            <thead>
              <tr>
                <th scope="col">Dataset</th>
                <th scope="col">Images</th>
                <th scope="col">Classes</th>
                <th scope="col">Size</th>
                <th scope="col">Note</th>
                <th scope="col">Action</th>
              </tr>
            </thead>
            <tbody>
              {datasets.map((dataset) => (
                <tr key={dataset.id}>
                  <th scope="row">{dataset.id}</th>
                  <td>{count(dataset.count)}</td>
                  <td>{dataset.classes}</td>
                  <td>{bytes(dataset.bytes)}</td>
                  <td className={`${table.text} ${table.wrap}`}>{dataset.note}</td>
                  <td>
                    <ActionButton
                      variant="default"
                      label={`Delete ${dataset.id}`}
                      action={() => session.deleteDataset(dataset.id)}
                    >
                      Delete
                    </ActionButton>
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </Panel>
  );
}
