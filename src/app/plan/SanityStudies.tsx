import type { ReactNode } from "react";
import type { StudyRequest } from "../../study/study.ts";
import { defaultDetectors } from "../model/words.ts";
import { ActionButton } from "../ui/ActionButton.tsx";
import css from "./page.module.css";

interface Control {
  readonly benchmark: string;
  readonly title: string;
  readonly expect: string;
}

const controls: readonly Control[] = [
  {
    benchmark: "shapes-ood-is-id",
    title: "Control: OOD is a second ID draw",
    expect: "There is nothing to detect, so every detector must come out at AUROC 50 ± 2 %.",
  },
  {
    benchmark: "shapes-shuffled-labels",
    title: "Control: shuffled training labels",
    expect: "There is nothing to learn, so ID accuracy must come out at 10 ± 3 %, one class in ten.",
  },
];

/** Ready-made studies whose outcome is known beforehand: they test the workbench, not a method. */
export function SanityStudies({ plan }: { plan: (request: StudyRequest) => Promise<void> }): ReactNode {
  return (
    <>
      <h3 className={css.heading}>Sanity controls</h3>
      <p className={css.note}>
        One cell each: α = 1, seed 0, preset Look. If the outcome is another one, do not trust the rest.
      </p>
      <ul className={css.list}>
        {controls.map(({ benchmark, title, expect }) => (
          <li key={benchmark}>
            <strong>{title}.</strong> {expect}{" "}
            <ActionButton
              variant="default"
              size="compact-xs"
              label={`Plan ${title}`}
              action={() => plan(requestOf(benchmark, title))}
            >
              Plan it
            </ActionButton>
          </li>
        ))}
      </ul>
    </>
  );
}

function requestOf(benchmark: string, name: string): StudyRequest {
  return {
    name,
    benchmark,
    preset: "look",
    generators: [],
    alphas: [1],
    pools: [1],
    seeds: [0],
    detectors: defaultDetectors,
  };
}
