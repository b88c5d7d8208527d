import { type ReactNode, useId } from "react";
import css from "./Panel.module.css";

interface PanelProps {
  readonly title: string;
  /** One sentence under the title: what is shown, for which cells. */
  readonly summary?: ReactNode;
  /** Controls at the right of the title. */
  readonly actions?: ReactNode;
  readonly className?: string | undefined;
  readonly children: ReactNode;
}

/** A card with a heading: every panel of every page. */
export function Panel({ title, summary, actions, className, children }: PanelProps): ReactNode {
  const heading = useId();
  return (
    <section className={className === undefined ? css.panel : `${css.panel} ${className}`} aria-labelledby={heading}>
      <header className={css.head}>
        <h2 id={heading} className={css.title}>
          {title}
        </h2>
        {actions === undefined ? null : <div className={css.actions}>{actions}</div>}
      </header>
      {summary === undefined ? null : <p className={css.summary}>{summary}</p>}
      {children}
    </section>
  );
}

/** An empty list is not an error: what the panel will show, and the one action that fills it. */
export function Empty({ children, action }: { children: ReactNode; action?: ReactNode }): ReactNode {
  return (
    <div className={css.empty}>
      <p>{children}</p>
      {action}
    </div>
  );
}

interface NoticeProps {
  readonly kind: "info" | "warn" | "bad";
  readonly title?: string;
  readonly children: ReactNode;
}

/** Something the user should know, in place. Errors are announced at once, the rest politely. */
export function Notice({ kind, title, children }: NoticeProps): ReactNode {
  return (
    <div className={`${css.notice} ${css[kind]}`} role={kind === "bad" ? "alert" : "status"}>
      {title === undefined ? null : <strong>{title} </strong>}
      {children}
    </div>
  );
}

/** Fields of a panel that waits for data; says what it waits for once that takes noticeable time. */
export function Loading({ what }: { what: string }): ReactNode {
  return (
    <div className={css.loading} role="status">
      <span>{what}</span>
    </div>
  );
}

/** The same numbers as the chart above, as a table. */
export function TableTwin({ label, children }: { label: string; children: ReactNode }): ReactNode {
  return (
    <details className={css.twin}>
      <summary>{label}</summary>
      <div className={css.scroll}>{children}</div>
    </details>
  );
}
