import { Button } from "@mantine/core";
import { type ReactNode, useState } from "react";
import type { GeneratorInfo } from "../../../generators/generator.ts";
import type { PoolRoom } from "../../../study/pool.ts";
import { count, duration } from "../../model/format.ts";
import { sourceText } from "../../runs/cellText.ts";
import { Notice } from "../../ui/Panel.tsx";
import type { FillOrder } from "./fillOrder.ts";
import css from "./pools.module.css";

export type FillingState =
  | { readonly kind: "none" }
  | {
      readonly kind: "filling";
      readonly order: FillOrder;
      readonly done: number;
      readonly total: number;
      readonly etaSeconds: number | null;
    }
  | { readonly kind: "no room"; readonly order: FillOrder; readonly room: PoolRoom }
  | { readonly kind: "failed"; readonly message: string };

interface FillingProps {
  readonly state: FillingState;
  readonly generators: readonly GeneratorInfo[];
  readonly onStop: () => void;
}

/** How far a pool is, and the button that pauses it. */
export function Filling({ state, generators, onStop }: FillingProps): ReactNode {
  const [stopping, setStopping] = useState(false);
  if (stopping && state.kind !== "filling") setStopping(false);
  if (state.kind === "failed") {
    return (
      <Notice kind="bad" title="The pool was not filled.">
        {state.message}
      </Notice>
    );
  }
  if (state.kind !== "filling") return null;
  const { order, done, total, etaSeconds } = state;
  const eta = etaSeconds === null ? "" : `, about ${duration(etaSeconds)} left`;
  return (
    <div className={css.filling}>
      <progress className={css.progress} aria-label="Pool" value={done} max={total} />
      <span className={css.text} role="status">
        {sourceText(order.spec.generator, generators)}: {count(done)} of {count(total)} images{eta}. What is stored
        stays if you leave the page.
      </span>
      <Button
        size="compact-xs"
        variant="default"
        disabled={stopping}
        onClick={() => {
          setStopping(true);
          onStop();
        }}
      >
        {stopping ? "Pausing after this chunk…" : "Pause"}
      </Button>
    </div>
  );
}
