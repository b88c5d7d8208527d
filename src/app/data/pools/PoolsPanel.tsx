import { type ReactNode, useState } from "react";
import type { BenchmarkInfo } from "../../../data/benchmark.ts";
import type { GeneratorInfo } from "../../../generators/generator.ts";
import { useSession, useSessionField } from "../../state/session.tsx";
import { Empty, Panel } from "../../ui/Panel.tsx";
import table from "../../ui/table.module.css";
import { FillForm } from "./FillForm.tsx";
import { Filling, type FillingState } from "./Filling.tsx";
import type { FillOrder } from "./fillOrder.ts";
import { PoolRow } from "./PoolRow.tsx";
import { RoomNotice } from "./RoomNotice.tsx";

interface PoolsPanelProps {
  readonly benchmark: BenchmarkInfo;
  readonly generators: readonly GeneratorInfo[];
}

/** The stored pools of a benchmark, and a form that fills another. Runs fill the pools that they need by themselves. */
export function PoolsPanel({ benchmark, generators }: PoolsPanelProps): ReactNode {
  const session = useSession();
  const pools = useSessionField("pools").filter((pool) => pool.spec.benchmark === benchmark.id);
  const [filling, setFilling] = useState<FillingState>({ kind: "none" });
  const busy = filling.kind === "filling";

  const fill = async (order: FillOrder): Promise<void> => {
    const { spec, form } = order;
    const begun: FillingState = { kind: "filling", order, done: 0, total: spec.size, etaSeconds: null };
    setFilling(begun);
    try {
      const room = await session.poolRoom(spec, form);
      if (!room.fits) {
        setFilling({ kind: "no room", order, room });
        return;
      }
      await session.fillPool(spec, form, (done, total, etaSeconds) =>
        setFilling({ ...begun, done, total, etaSeconds }),
      );
      setFilling({ kind: "none" });
    } catch (error) {
      setFilling({ kind: "failed", message: error instanceof Error ? error.message : String(error) });
    }
  };

  return (
    <Panel
      title="Pools"
      summary="Synthetic images, made once and shared by every run of a study. A run fills the pool that it needs by itself; filling one here beforehand saves the wait."
    >
      {generators.length === 0 ? null : (
        <FillForm benchmark={benchmark} generators={generators} disabled={busy} onFill={(order) => void fill(order)} />
      )}
      <Filling state={filling} generators={generators} onStop={() => session.stopPool()} />
      {filling.kind === "no room" ? (
        <RoomNotice room={filling.room} generators={generators} onRetry={() => void fill(filling.order)} />
      ) : null}
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
                <th scope="col" className={table.text}>
                  Kept as
                </th>
                <th scope="col">Actions</th>
              </tr>
            </thead>
            <tbody>
              {pools.map((pool) => (
                <PoolRow
                  key={pool.id}
                  pool={pool}
                  benchmark={benchmark}
                  generators={generators}
                  busy={busy}
                  onContinue={() => void fill({ spec: pool.spec, form: pool.form ?? null })}
                />
              ))}
            </tbody>
          </table>
        </div>
      )}
    </Panel>
  );
}
