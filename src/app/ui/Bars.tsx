import type { ReactNode } from "react";
import { count } from "../model/format.ts";
import css from "./Bars.module.css";

interface BarsProps {
  readonly label: string;
  readonly head: readonly [name: string, images: string];
  readonly bars: readonly { readonly name: string; readonly images: number }[];
}

/** Counts of images as a table whose rows are bars. */
export function Bars({ label, head, bars }: BarsProps): ReactNode {
  const most = Math.max(1, ...bars.map(({ images }) => images));
  return (
    <table className={css.bars} aria-label={label}>
      <caption>{label}</caption>
      <thead className={css.hidden}>
        <tr>
          {head.map((name) => (
            <th key={name} scope="col">
              {name}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {bars.map(({ name, images }) => (
          <tr key={name}>
            <th scope="row">{name}</th>
            <td>
              <span className={css.track}>
                <span className={css.bar} style={{ width: `${(100 * images) / most}%` }} />
              </span>
              {count(images)}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
