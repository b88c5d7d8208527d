import type { ReactNode } from "react";
import { detectorTitle } from "../model/words.ts";
import table from "../ui/table.module.css";
import css from "./compare.module.css";
import type { MethodTable } from "./methodTable.ts";
import { LevelMark, markOf, type SigmaKind, spreadText, spreadTitle } from "./ValueCell.tsx";

/** The cells of a method × set table; a mean column stands behind the sets that it is of. */
export function MethodGrid({ table: shown, sigma }: { table: MethodTable; sigma: SigmaKind }): ReactNode {
  const { columns, rows, leads } = shown;
  return (
    <div className={table.scroll}>
      <table className={table.table} aria-label="Detectors by OOD set">
        <thead>
          <tr>
            <th scope="col">Detector</th>
            {columns.map(({ key, mean, group }) => (
              <th key={key} scope="col" className={mean ? css.mean : undefined}>
                {key}
                {mean ? null : <div className={css.small}>{group}</div>}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map(({ detector, cells, undefinedBecause }) => (
            <tr key={detector}>
              <th scope="row">
                {detectorTitle(detector)}
                {undefinedBecause === null ? null : <div className={css.small}>{undefinedBecause}</div>}
              </th>
              {columns.map(({ key, mean }, at) => {
                const spread = cells[at]?.spread ?? null;
                const mark = markOf(leads[at] ?? null, detector);
                const classes = [mean ? css.mean : "", mark === "best" ? css.best : ""].join(" ");
                return (
                  <td key={key} className={classes} title={spreadTitle(spread)}>
                    {spreadText(spread, sigma)}
                    <LevelMark mark={mark} />
                  </td>
                );
              })}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
