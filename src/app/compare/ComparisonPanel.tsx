import { Button } from "@mantine/core";
import type { ReactNode } from "react";
import type { GeneratorInfo } from "../../generators/generator.ts";
import { MOST_MORE_SEEDS } from "../../metrics/paired.ts";
import type { Study } from "../../study/study.ts";
import { plural } from "../model/format.ts";
import page from "../plan/page.module.css";
import { download } from "../report/download.ts";
import { ActionButton } from "../ui/ActionButton.tsx";
import { Panel } from "../ui/Panel.tsx";
import type { Bootstraps } from "./bootstraps.ts";
import { ComparisonTable } from "./ComparisonTable.tsx";
import type { ComparisonGroup, ComparisonKind } from "./comparison.ts";
import { comparisonCsv } from "./comparisonCsv.ts";
import type { SigmaKind } from "./ValueCell.tsx";

const titles: Readonly<Record<ComparisonKind, string>> = {
  baseline: "Baseline: real images only",
  learned: "Learned generators",
  controlled: "Simulated (controlled) generators",
  unlisted: "Generators that this version does not list",
};

const notes: Readonly<Record<ComparisonKind, string>> = {
  baseline: "α = 1. Every other row is compared with these runs, seed by seed.",
  learned: "Fitted to images. Only those trained on the same real set are evidence for SIO.",
  controlled:
    "Their quality is a knob of a simulation that knows the renderer: they explain, they are no evidence for SIO.",
  unlisted: "What they have seen is only what their cells recorded.",
};

interface ComparisonPanelProps {
  readonly group: ComparisonGroup;
  readonly generators: readonly GeneratorInfo[];
  readonly study: Study;
  readonly detector: string;
  readonly sigma: SigmaKind;
  readonly bootstraps: Bootstraps;
}

/** One table of rows that may be compared, with its bootstrap and its export. */
export function ComparisonPanel({ group, generators, study, detector, sigma, bootstraps }: ComparisonPanelProps) {
  const title = titles[group.kind];
  const obstacles = [...new Set(group.rows.flatMap((row) => bootstraps.obstacle(row) ?? []))];
  const possible = group.rows.some((row) => bootstraps.obstacle(row) === null);
  return (
    <Panel
      title={title}
      summary={`${notes[group.kind]} ${verdictSummary(group)}`}
      actions={
        <>
          <ActionButton variant="default" disabled={!possible} action={() => bootstraps.start(group.rows)}>
            Bootstrap (seeds × images)
          </ActionButton>
          <Button
            size="xs"
            variant="default"
            onClick={() =>
              download(
                `${group.kind}-${detector}.csv`,
                "text/csv",
                comparisonCsv(study.name, detector, group, bootstraps.of),
              )
            }
          >
            Export table
          </Button>
        </>
      }
    >
      <ComparisonTable
        label={title}
        group={group}
        generators={generators}
        study={study}
        sigma={sigma}
        bootstraps={bootstraps}
      />
      <BootstrapNote obstacles={obstacles} possible={possible} />
    </Panel>
  );
}

function BootstrapNote({ obstacles, possible }: { obstacles: readonly string[]; possible: boolean }): ReactNode {
  if (obstacles.length === 0) return null;
  return (
    <p className={page.note}>
      {possible ? "Some rows have no bootstrap here" : "No bootstrap here"}: {obstacles.join("; ")}. Run those cells
      here first, on the page Study.
    </p>
  );
}

/** What the differences of a table come to, in one sentence. */
function verdictSummary({ kind, rows }: ComparisonGroup): string {
  if (kind === "baseline") return "";
  const differences = rows.flatMap(({ metrics }) => [metrics.near.paired, metrics.far.paired]);
  const verdicts = differences.map((paired) => paired?.verdict ?? "too few seeds");
  const of = (verdict: string): number => verdicts.filter((other) => other === verdict).length;
  const needed = differences.flatMap((paired) => paired?.moreSeeds ?? []);
  const least = needed.length === 0 ? null : Math.min(...needed);
  const parts = [
    [of("better"), "better"],
    [of("worse"), "worse"],
    [of("unresolved"), "unresolved"],
    [of("too few seeds"), "without enough seeds"],
  ] as const;
  const counts = parts.flatMap(([n, word]) => (n === 0 ? [] : [`${n} ${word}`])).join(", ");
  const more =
    least === null || least > MOST_MORE_SEEDS
      ? ""
      : `; the nearest to a verdict needs about ${plural(least, "more seed")}`;
  return `Of ${plural(differences.length, "AUROC difference")} to α = 1: ${counts}${more}.`;
}
