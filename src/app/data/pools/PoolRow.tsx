import { Button } from "@mantine/core";
import { type ReactNode, useState } from "react";
import type { BenchmarkInfo } from "../../../data/benchmark.ts";
import type { GeneratorInfo } from "../../../generators/generator.ts";
import type { PoolForm, PoolRecord } from "../../../study/pool.ts";
import { bytes, count } from "../../model/format.ts";
import page from "../../plan/page.module.css";
import { download } from "../../report/download.ts";
import { sourceText } from "../../runs/cellText.ts";
import { useSession } from "../../state/session.tsx";
import { ActionButton } from "../../ui/ActionButton.tsx";
import table from "../../ui/table.module.css";
import { PseudoLabels } from "./PseudoLabels.tsx";

const formTexts: Readonly<Record<PoolForm, string>> = { pixels: "pixels", jpeg: "JPEG", seeds: "seeds" };
const exports = ["npz", "tar"] as const;

interface PoolRowProps {
  readonly pool: PoolRecord;
  readonly benchmark: BenchmarkInfo;
  readonly generators: readonly GeneratorInfo[];
  /** A pool is being filled: this one cannot go on meanwhile. */
  readonly busy: boolean;
  readonly onContinue: () => void;
}

/** One stored pool: how much is there, and what can be done with it. */
export function PoolRow({ pool, benchmark, generators, busy, onContinue }: PoolRowProps): ReactNode {
  const session = useSession();
  const [open, setOpen] = useState(false);
  const { id, spec, filled, pseudoLabels } = pool;
  const title = sourceText(spec.generator, generators);
  const name = `${title}, seed ${spec.seed}, ${count(spec.size)} images`;
  const remove = async (): Promise<void> => {
    if (window.confirm(`Delete the pool ${name}? A run that needs it makes the same images again.`)) {
      await session.deletePool(id);
    }
  };
  const save = async (format: (typeof exports)[number]): Promise<void> => {
    const file = `${benchmark.id}-${spec.generator}-${spec.seed}-${filled}.${format}`;
    download(file, "application/octet-stream", await session.exportPool(id, format));
  };
  return (
    <>
      <tr>
        <th scope="row">{title}</th>
        <td>{spec.seed}</td>
        <td>{filled === spec.size ? count(filled) : `${count(filled)} of ${count(spec.size)}`}</td>
        <td>{bytes(pool.bytes)}</td>
        <td className={table.text}>{formTexts[pool.form ?? "pixels"]}</td>
        <td>
          <span className={page.actions}>
            {filled === spec.size ? null : (
              <Button size="compact-xs" disabled={busy} aria-label={`Continue pool ${name}`} onClick={onContinue}>
                Continue
              </Button>
            )}
            {pseudoLabels ? (
              <Button
                size="compact-xs"
                variant="default"
                aria-expanded={open}
                aria-label={`Labels of pool ${name}`}
                onClick={() => setOpen(!open)}
              >
                Labels
              </Button>
            ) : null}
            {exports.map((format) => (
              <ActionButton
                key={format}
                variant="default"
                size="compact-xs"
                label={`Export pool ${name} as .${format}`}
                action={() => save(format)}
              >
                .{format}
              </ActionButton>
            ))}
            <ActionButton variant="default" size="compact-xs" label={`Delete pool ${name}`} action={remove}>
              Delete
            </ActionButton>
          </span>
        </td>
      </tr>
      {open && pseudoLabels ? (
        <tr>
          <td colSpan={6} className={table.text}>
            <PseudoLabels report={pseudoLabels} benchmark={benchmark} />
          </td>
        </tr>
      ) : null}
    </>
  );
}
