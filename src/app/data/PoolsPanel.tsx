import { NativeSelect, NumberInput } from "@mantine/core";
import { type ReactNode, useState } from "react";
import type { BenchmarkInfo } from "../../data/benchmark.ts";
import type { GeneratorInfo } from "../../generators/generator.ts";
import type { PoolRecord } from "../../study/pool.ts";
import { bytes, count } from "../model/format.ts";
import page from "../plan/page.module.css";
import { sourceText } from "../runs/cellText.ts";
import { useSession, useSessionField } from "../state/session.tsx";
import { ActionButton } from "../ui/ActionButton.tsx";
import { Empty, Panel } from "../ui/Panel.tsx";
import table from "../ui/table.module.css";

interface PoolsPanelProps {
  readonly benchmark: BenchmarkInfo;
  readonly generators: readonly GeneratorInfo[];
}

/** The stored pools of a benchmark, and a form that fills another. Runs fill the pools that they need by themselves. */
export function PoolsPanel({ benchmark, generators }: PoolsPanelProps): ReactNode {
  const pools = useSessionField("pools").filter((pool) => pool.spec.benchmark === benchmark.id);
  return (
    <Panel
      title="Pools"
      summary="Synthetic images, made once and shared by every run of a study. A run fills the pool that it needs by itself; filling one here beforehand saves the wait."
    >
      {generators.length === 0 ? null : <FillPool benchmark={benchmark} generators={generators} />}
      {pools.length === 0 ? (
        <Empty>No pool of {benchmark.title} is stored.</Empty>
      ) : (
        <div className={table.scroll}>
          <table className={table.table} aria-label={`Pools of ${benchmark.title}`}>
            <thead>
              <tr>
                <th scope="col">Generator</th>
                <th scope="col">Seed</th>
                <th scope="col">Images</th>
                <th scope="col">Size</th>
                <th scope="col">Actions</th>
              </tr>
            </thead>
            <tbody>
              {pools.map((pool) => (
                <PoolRow key={pool.id} pool={pool} generators={generators} />
              ))}
            </tbody>
          </table>
        </div>
      )}
    </Panel>
  );
}

function FillPool({ benchmark, generators }: PoolsPanelProps): ReactNode {
  const session = useSession();
  const [chosen, setChosen] = useState<string | null>(null);
  const [size, setSize] = useState<number | string>(20_000);
  const [seed, setSeed] = useState<number | string>(0);
  const [busy, setBusy] = useState(false);
  const generator = generators.find(({ id }) => id === chosen) ?? generators[0];

  const fill = async (): Promise<void> => {
    if (generator === undefined) throw new Error(`No generator fits ${benchmark.title}.`);
    setBusy(true);
    try {
      await session.fillPool({
        benchmark: benchmark.id,
        generator: generator.id,
        size: whole(size, "size of the pool", 1, 100_000_000),
        seed: whole(seed, "seed of the pool", 0, 0xffffffff),
      });
    } finally {
      setBusy(false);
    }
  };

  return (
    <>
      <div className={page.bar}>
        <NativeSelect
          size="xs"
          label="Generator of the pool"
          value={generator?.id ?? ""}
          onChange={(event) => setChosen(event.target.value)}
          data={generators.map(({ id, title }) => ({ value: id, label: title }))}
        />
        <NumberInput size="xs" label="Size of the pool" min={1} allowDecimal={false} value={size} onChange={setSize} />
        <NumberInput size="xs" label="Seed of the pool" min={0} allowDecimal={false} value={seed} onChange={setSeed} />
        <ActionButton action={fill}>Fill a pool</ActionButton>
      </div>
      <p className={page.note} role="status">
        {busy
          ? "Filling… What is stored stays if you leave the page; filling the same pool again goes on from there."
          : "Image i depends only on the generator, the seed and i: a larger pool begins with the same images."}
      </p>
    </>
  );
}

function PoolRow({ pool, generators }: { pool: PoolRecord; generators: readonly GeneratorInfo[] }): ReactNode {
  const session = useSession();
  const { id, spec, filled } = pool;
  const name = `${sourceText(spec.generator, generators)}, seed ${spec.seed}, ${count(spec.size)} images`;
  const remove = async (): Promise<void> => {
    if (window.confirm(`Delete the pool ${name}? A run that needs it makes the same images again.`)) {
      await session.deletePool(id);
    }
  };
  return (
    <tr>
      <th scope="row">{sourceText(spec.generator, generators)}</th>
      <td>{spec.seed}</td>
      <td>{filled === spec.size ? count(filled) : `${count(filled)} of ${count(spec.size)}`}</td>
      <td>{bytes(pool.bytes)}</td>
      <td>
        <span className={page.actions}>
          {filled === spec.size ? null : (
            <ActionButton size="compact-xs" label={`Continue pool ${name}`} action={() => session.fillPool(spec)}>
              Continue
            </ActionButton>
          )}
          <ActionButton variant="default" size="compact-xs" label={`Delete pool ${name}`} action={remove}>
            Delete
          </ActionButton>
        </span>
      </td>
    </tr>
  );
}

function whole(value: number | string, what: string, min: number, max: number): number {
  if (typeof value === "number" && Number.isInteger(value) && value >= min && value <= max) return value;
  throw new Error(`The ${what} must be a whole number from ${min} to ${max}; it is "${value}".`);
}
