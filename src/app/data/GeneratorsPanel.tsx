import type { ReactNode } from "react";
import type { BenchmarkInfo } from "../../data/benchmark.ts";
import type { GeneratorInfo } from "../../generators/generator.ts";
import { kindText, provenanceText } from "../model/words.ts";
import { Empty, Panel } from "../ui/Panel.tsx";
import table from "../ui/table.module.css";

interface GeneratorsPanelProps {
  readonly benchmark: BenchmarkInfo;
  readonly generators: readonly GeneratorInfo[];
}

/** The generators that fit a benchmark: how they make images, and what they have seen. */
export function GeneratorsPanel({ benchmark, generators }: GeneratorsPanelProps): ReactNode {
  return (
    <Panel title="Generators" summary={`Those that fit ${benchmark.title}.`}>
      {generators.length === 0 ? (
        <Empty>No generator fits {benchmark.title}. A study of it can only train on real images (α = 1).</Empty>
      ) : (
        <div className={table.scroll}>
          <table className={table.table} aria-label={`Generators for ${benchmark.title}`}>
            <thead>
              <tr>
                <th scope="col">Generator</th>
                <th scope="col" className={table.text}>
                  Kind
                </th>
                <th scope="col" className={table.text}>
                  Provenance
                </th>
                <th scope="col" className={table.text}>
                  How it makes images
                </th>
              </tr>
            </thead>
            <tbody>
              {generators.map((info) => (
                <tr key={info.id}>
                  <th scope="row" title={info.id}>
                    {info.title}
                  </th>
                  <td className={table.text}>{kindText(info.kind)}</td>
                  <td className={`${table.text} ${table.wrap}`}>{provenanceText(info.provenance)}</td>
                  <td className={`${table.text} ${table.wrap}`}>{info.note}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </Panel>
  );
}
