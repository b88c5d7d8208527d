import type { ReactNode } from "react";
import type { BenchmarkInfo, Group, Role } from "../../data/benchmark.ts";
import { count } from "../model/format.ts";
import page from "../plan/page.module.css";
import { Empty, Notice, Panel } from "../ui/Panel.tsx";
import table from "../ui/table.module.css";

const groupTexts: Readonly<Record<Group, string>> = { id: "ID", near: "near-OOD", far: "far-OOD" };
const roleTexts: Readonly<Record<Role, string>> = {
  train: "train",
  val: "validation (for choosing)",
  test: "test (reported)",
  diagnostic: "diagnostic (never averaged)",
};

/** A benchmark, set by set, and what it still lacks. */
export function BenchmarkPanel({ benchmark }: { benchmark: BenchmarkInfo }): ReactNode {
  const { title, classNames, height, width, sets, missing } = benchmark;
  return (
    <Panel
      title={`Benchmark: ${title}`}
      summary={`${count(classNames.length)} classes, ${height}×${width} RGB: ${classNames.join(", ")}.`}
    >
      {missing.length === 0 ? null : (
        <Notice kind="warn" title="Missing:">
          <ul className={page.list}>
            {missing.map((sentence) => (
              <li key={sentence}>{sentence}</li>
            ))}
          </ul>
        </Notice>
      )}
      {sets.length === 0 ? (
        <Empty>No set of this benchmark is here yet. Import the files named above.</Empty>
      ) : (
        <div className={table.scroll}>
          <table className={table.table} aria-label={`Sets of ${title}`}>
            <thead>
              <tr>
                <th scope="col">Set</th>
                <th scope="col">Images</th>
                <th scope="col" className={table.text}>
                  Group
                </th>
                <th scope="col" className={table.text}>
                  Role
                </th>
                <th scope="col" className={table.text}>
                  Note
                </th>
              </tr>
            </thead>
            <tbody>
              {sets.map((set) => (
                <tr key={set.name}>
                  <th scope="row">{set.title}</th>
                  <td>{count(set.count)}</td>
                  <td className={table.text}>{groupTexts[set.group]}</td>
                  <td className={table.text}>{roleTexts[set.role]}</td>
                  <td className={`${table.text} ${table.wrap}`}>{set.note}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </Panel>
  );
}
