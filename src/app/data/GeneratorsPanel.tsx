import type { ReactNode } from "react";
import type { BenchmarkInfo } from "../../data/benchmark.ts";
import type { GeneratorInfo } from "../../generators/generator.ts";
import type { GeneratorRecord } from "../../study/generatorRecord.ts";
import { bytes, plural } from "../model/format.ts";
import { kindText, provenanceText } from "../model/words.ts";
import { useSession, useSessionField } from "../state/session.tsx";
import { ActionButton } from "../ui/ActionButton.tsx";
import { Empty, Panel } from "../ui/Panel.tsx";
import table from "../ui/table.module.css";

interface GeneratorsPanelProps {
  readonly benchmark: BenchmarkInfo;
  readonly generators: readonly GeneratorInfo[];
}

/** The generators that fit a benchmark: how they make images, and what they have seen. */
export function GeneratorsPanel({ benchmark, generators }: GeneratorsPanelProps): ReactNode {
  const uploads = useSessionField("uploads");
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
                <th scope="col">Actions</th>
              </tr>
            </thead>
            <tbody>
              {generators.map((info) => (
                <GeneratorRow
                  key={info.id}
                  info={info}
                  upload={uploads.find(({ id, benchmark: of }) => id === info.id && of === benchmark.id) ?? null}
                />
              ))}
            </tbody>
          </table>
        </div>
      )}
    </Panel>
  );
}

function GeneratorRow({ info, upload }: { info: GeneratorInfo; upload: GeneratorRecord | null }): ReactNode {
  const session = useSession();
  const pools = useSessionField("pools").filter(({ spec }) => spec.generator === info.id);
  const remove = async (): Promise<void> => {
    const also = pools.length === 0 ? "" : ` ${plural(pools.length, "pool")} that it filled go with it.`;
    if (window.confirm(`Delete the generator ${info.title} from this browser?${also} Your file stays where it is.`)) {
      await session.deleteGenerator(info.id);
    }
  };
  return (
    <tr>
      <th scope="row" title={info.id}>
        {info.title}
      </th>
      <td className={table.text}>{kindText(info.kind)}</td>
      <td className={`${table.text} ${table.wrap}`}>{provenanceText(info.provenance)}</td>
      <td className={`${table.text} ${table.wrap}`}>
        {info.note}
        {upload === null ? null : ` Brought ${upload.added.slice(0, 10)}, ${size(upload)}.`}
      </td>
      <td>
        {upload === null ? null : (
          <ActionButton
            variant="default"
            size="compact-xs"
            label={`Delete the generator ${info.title}`}
            action={remove}
          >
            Delete
          </ActionButton>
        )}
      </td>
    </tr>
  );
}

function size({ files }: GeneratorRecord): string {
  return bytes(files.reduce((sum, file) => sum + file.bytes, 0));
}
