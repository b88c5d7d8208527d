import { NativeSelect, TextInput } from "@mantine/core";
import { type ReactNode, useState } from "react";
import type { BenchmarkInfo } from "../../data/benchmark.ts";
import type { GeneratorInfo } from "../../generators/generator.ts";
import { bytes, count } from "../model/format.ts";
import { useSession, useSessionField } from "../state/session.tsx";
import { ActionButton } from "../ui/ActionButton.tsx";
import { Empty, Panel } from "../ui/Panel.tsx";
import table from "../ui/table.module.css";

interface PoolsPanelProps {
  readonly benchmark: BenchmarkInfo;
  readonly generators: readonly GeneratorInfo[];
}

/** Pools that are stored, and a way to fill one ahead of a run. */
export function PoolsPanel({ benchmark, generators }: PoolsPanelProps): ReactNode {
  const session = useSession();
  const pools = useSessionField("pools");
  const [generator, setGenerator] = useState("");
  const [size, setSize] = useState("20000");
  const [seed, setSeed] = useState("0");
  const chosen = generators.find((info) => info.id === generator)?.id ?? generators[0]?.id;

  const fill = async (): Promise<void> => {
    const [images, from] = [Number(size), Number(seed)];
    if (chosen === undefined) throw new Error("No generator fits this benchmark.");
    if (!Number.isInteger(images) || images < 1) throw new Error(`A pool has a whole number of images, not "${size}".`);
    if (!Number.isInteger(from) || from < 0) throw new Error(`A seed is a whole number from 0 on, not "${seed}".`);
    await session.fillPool({ benchmark: benchmark.id, generator: chosen, size: images, seed: from });
  };

  return (
    <Panel
      title="Pools"
      summary="Synthetic images drawn once and kept. Image i depends on the generator, the seed and i alone, so a pool can grow."
    >
      <div style={{ display: "flex", flexWrap: "wrap", gap: 8, alignItems: "end", marginBottom: 8 }}>
        <NativeSelect
          size="xs"
          label="Generator of the pool"
          value={chosen ?? ""}
          onChange={(event) => setGenerator(event.target.value)}
          data={generators.map((info) => ({ value: info.id, label: info.title }))}
        />
        <TextInput size="xs" label="Images" value={size} onChange={(event) => setSize(event.target.value)} />
        <TextInput size="xs" label="Seed" value={seed} onChange={(event) => setSeed(event.target.value)} />
        <ActionButton action={fill}>Fill the pool</ActionButton>
      </div>
      {pools.length === 0 ? (
        <Empty>No pool yet. A run fills the pool that it needs by itself.</Empty>
      ) : (
        <div className={table.scroll}>
          <table className={table.table} aria-label="Pools">
            <thead>
              <tr>
                <th scope="col">Generator</th>
                <th scope="col">Benchmark</th>
                <th scope="col">Seed</th>
                <th scope="col">Images</th>
                <th scope="col">Size</th>
                <th scope="col">Action</th>
              </tr>
            </thead>
            <tbody>
              {pools.map((pool) => (
                <tr key={pool.id}>
                  <th scope="row">{pool.spec.generator}</th>
                  <td>{pool.spec.benchmark}</td>
                  <td>{pool.spec.seed}</td>
                  <td>{count(pool.filled)}</td>
                  <td>{bytes(pool.bytes)}</td>
                  <td>
                    <ActionButton
                      variant="default"
                      label={`Delete the pool of ${pool.spec.generator}, seed ${pool.spec.seed}`}
                      action={() => session.deletePool(pool.id)}
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
