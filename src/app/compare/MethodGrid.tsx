import type { ReactNode } from "react";
import type { MethodTable } from "../model/methodTable.ts";
import { detectorTitle } from "../model/words.ts";
import table from "../ui/table.module.css";
import css from "./compare.module.css";
import { LevelMark, type SigmaKind, spreadText, spreadTitle } from "./ValueCell.tsx";

/** A method × set table with its σ; the mean of a group stands behind the sets that it is of. */
export function MethodGrid({ methods, sigma }: { methods: MethodTable; sigma: SigmaKind }): ReactNode {
  const { columns, rows } = methods;
  return (
    <div className={table.scroll}>
      <table className={table.table} aria-label="Detectors by OOD set">
        <thead>
          <tr>
            <th scope="col">Detector</th>
            {columns.map(({ key, mean, group }) => (
              <th key={key} scope="col" className={mean ? css.mean : undefined}>
                {mean ? `${group} mean` : key}
                {mean ? null : <div className={css.small}>{group}</div>}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map(({ detector, cells, reasons }) => (
            <tr key={detector}>
              <th scope="row">
                {detectorTitle(detector)}
                {reasons.map((reason) => (
                  <div key={reason} className={`${css.small} ${css.wrapped}`}>
                    {reason}
                  </div>
                ))}
              </th>
              {columns.map(({ key, mean }, at) => {
                const { spread = null, bold = false, level = false } = cells[at] ?? {};
                return (
                  <td
                    key={key}
                    className={[mean ? css.mean : "", bold ? css.best : ""].join(" ")}
                    title={spreadTitle(spread)}
                  >
                    {spreadText(spread, sigma)}
                    {level ? <LevelMark /> : null}
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
