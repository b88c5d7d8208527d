import { useRef, useState } from "react";
import { RESAMPLES } from "../../metrics/bootstrap.ts";
import type { BootstrapResult } from "../../runs/evaluation/bootstrapCells.ts";
import { choiceOfKey } from "../model/detectorChoice.ts";
import { plural } from "../model/format.ts";
import { useSession, useSessionField } from "../state/session.tsx";
import type { ComparisonRow } from "./comparison.ts";

/** Draws of every table: fixed, so that the same cells give the same interval again. */
const SEED = 0;

/** The bootstrap of one row. */
export type RowBootstrap =
  | { readonly kind: "running"; readonly done: number; readonly total: number; readonly unit: string }
  | { readonly kind: "done"; readonly result: BootstrapResult }
  | { readonly kind: "failed"; readonly message: string };

export interface Bootstraps {
  /** null where none was asked for, under this detector and with these cells. */
  of(row: ComparisonRow): RowBootstrap | null;
  /** Why the row cannot be drawn here, or null. */
  obstacle(row: ComparisonRow): string | null;
  /** Draws the rows that have no interval yet, one after the other. */
  start(rows: readonly ComparisonRow[]): Promise<void>;
}

/** Bootstrap intervals of table rows, kept while the page is open. */
export function useBootstraps(detector: string): Bootstraps {
  const session = useSession();
  const unkept = useSessionField("unkept");
  const found = useRef(new Map<string, RowBootstrap>());
  const [, redraw] = useState(0);
  const set = (name: string, bootstrap: RowBootstrap): void => {
    found.current.set(name, bootstrap);
    redraw((times) => times + 1);
  };

  const of = (row: ComparisonRow): RowBootstrap | null => found.current.get(nameOf(row, detector)) ?? null;
  const obstacle = (row: ComparisonRow): string | null => {
    const gone = [...row.cells, ...row.baselines].filter(({ cell }) => unkept.has(cell.id)).length;
    return gone === 0 ? null : `the features of ${plural(gone, "cell")} are not kept in this browser`;
  };
  const start = async (rows: readonly ComparisonRow[]): Promise<void> => {
    for (const row of rows) {
      const name = nameOf(row, detector);
      const known = found.current.get(name)?.kind;
      if (known === "done" || known === "running" || obstacle(row) !== null) continue;
      set(name, { kind: "running", done: 0, total: 0, unit: "cells" });
      try {
        const result = await session.bootstrap(
          {
            cells: row.cells.map(({ cell }) => cell),
            baselines: row.baselines.map(({ cell }) => cell),
            choice: choiceOfKey(detector),
            resamples: RESAMPLES,
            seed: SEED,
          },
          // The last of these may arrive after the result.
          (done, total, unit) => {
            if (found.current.get(name)?.kind === "running") set(name, { kind: "running", done, total, unit });
          },
        );
        set(name, { kind: "done", result });
      } catch (error) {
        set(name, { kind: "failed", message: error instanceof Error ? error.message : String(error) });
      }
    }
  };
  return { of, obstacle, start };
}

/** Cells and detector: another seed or another detector is another interval. */
function nameOf({ cells, baselines }: ComparisonRow, detector: string): string {
  return [detector, ...[...cells, ...baselines].map(({ cell }) => cell.id)].join(" ");
}
