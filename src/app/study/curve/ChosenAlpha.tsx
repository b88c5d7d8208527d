import type { ReactNode } from "react";
import { usePlotArea } from "recharts";
import type { SetInfo } from "../../../data/benchmark.ts";
import { alphaText } from "../../../study/cell.ts";
import type { AlphaChoice, NoAlphaChoice, Regret } from "../../model/alphaChoice.ts";
import { percent } from "../../model/format.ts";
import css from "./curve.module.css";

interface ChosenAlphaProps {
  readonly choice: AlphaChoice | NoAlphaChoice;
  /** Of the benchmark; empty while it is unknown. */
  readonly sets: readonly SetInfo[];
}

/** The α that the validation sets choose and what that costs on test; or why none can be chosen. */
export function ChosenAlpha({ choice, sets }: ChosenAlphaProps): ReactNode {
  if ("because" in choice) return <p className={css.note}>No α is chosen on validation sets: {choice.because}.</p>;
  const { alpha, validation, on, candidates, seeds, near, far } = choice;
  const [fewest, most] = seeds;
  const regrets = [regretText(near, "near"), regretText(far, "far")].filter((text) => text !== null);
  const alike = sets.flatMap(({ name, role, drawnLike }) =>
    role === "val" && drawnLike !== undefined ? [`${name} is drawn like ${drawnLike}`] : [],
  );
  return (
    <p className={css.note}>
      <strong className={css.chosen}>▲ Chosen on validation: α = {alphaText(alpha)}</strong>, mean {on.join(" and ")}
      -OOD validation AUROC {percent(validation)} %, the highest of {candidates} α (n ={" "}
      {fewest === most ? fewest : `${fewest} to ${most}`}; ties to the larger α).{" "}
      {regrets.length === 0 ? "" : `Regret on test: ${regrets.join(", ")} points. `}
      {alike.length === 0 ? "" : `The choice has had a look at the test: ${alike.join(", ")}.`}
    </p>
  );
}

function regretText(regret: Regret | null, group: string): string | null {
  if (regret === null) return null;
  const best = regret.value === 0 ? "" : ` (best at α = ${alphaText(regret.bestAlpha)})`;
  return `${percent(regret.value)} ${group}${best}`;
}

/** The same α as a mark on the chart's x axis. */
export function ChosenAlphaMark({ alpha }: { alpha: number }): ReactNode {
  const area = usePlotArea();
  if (!area) return null;
  const x = area.x + alpha * area.width;
  const y = area.y + area.height;
  return (
    <path d={`M${x},${y - 9} l5,9 h-10 z`} fill="var(--ink)">
      <title>α = {alphaText(alpha)}, chosen on validation sets</title>
    </path>
  );
}
