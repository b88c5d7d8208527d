import type { ReactNode } from "react";
import type { AccuracyGate } from "../../study/rescore.ts";
import { percent } from "../model/format.ts";
import css from "./evaluate.module.css";

/** The ID accuracy, measured against expected, and what follows from it. */
export function GateText({ gate }: { gate: AccuracyGate }): ReactNode {
  const { measured, expected, reason } = gate;
  return (
    <p className={css.gate}>
      {measured === null ? null : (
        <>
          ID accuracy <strong>{percent(measured, 2)} %</strong>, expected{" "}
          <strong>{expected === null ? "unknown" : `${percent(expected, 2)} %`}</strong>.{" "}
        </>
      )}
      {reason}
    </p>
  );
}
