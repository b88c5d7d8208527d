import type { ReactNode } from "react";
import css from "./Facts.module.css";

/** Name and value, e.g. "Parameters" and "32.8 million". */
export type Fact = readonly [name: string, value: ReactNode];

/** What is known of one thing, in two columns. */
export function Facts({ label, facts }: { label: string; facts: readonly Fact[] }): ReactNode {
  return (
    <dl className={css.facts} aria-label={label}>
      {facts.map(([name, value]) => (
        <div key={name} className={css.fact}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}
