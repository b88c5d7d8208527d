import type { ReactNode } from "react";
import type { ImportOutcome } from "../session/session.ts";
import css from "./data.module.css";

/** What became of each file: a text mark as well as a colour. */
export function Outcomes({ outcomes }: { outcomes: readonly ImportOutcome[] }): ReactNode {
  return (
    <ul className={css.outcomes} aria-label="What became of the files">
      {outcomes.map(({ file, ok, message }) => (
        <li key={`${file} ${message}`} className={ok ? css.ok : css.refused}>
          <strong>{ok ? "Read" : "Refused"}</strong> <span className={css.file}>{file}</span> {message}
        </li>
      ))}
    </ul>
  );
}
