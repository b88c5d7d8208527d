import { ActionIcon, useComputedColorScheme, useMantineColorScheme } from "@mantine/core";
import { type ReactNode, useEffect } from "react";
import { Link, useLocation } from "wouter";
import { bytes, duration } from "../model/format.ts";
import { isWorking } from "../model/words.ts";
import { useViewInAddress } from "../state/pageHash.ts";
import { useSessionField } from "../state/session.tsx";
import { EngineMenu } from "./EngineMenu.tsx";
import css from "./Shell.module.css";

const pages = [
  ["/", "Study"],
  ["/data", "Data & generators"],
  ["/runs", "Runs"],
  ["/compare", "Compare"],
  ["/evaluate", "Evaluate"],
  ["/report", "Report"],
] as const;

/** Header with the pages, what computes and why, and storage; the tab's title follows the run that works. */
export function Shell({ children }: { children: ReactNode }): ReactNode {
  const [here] = useLocation();
  useViewInAddress();
  useProgressInTitle();
  return (
    <div className={css.shell}>
      <header className={css.header}>
        <span className={css.brand}>SIO Workbench</span>
        <nav className={css.nav} aria-label="Pages">
          {pages.map(([path, title]) => (
            <Link key={path} href={path} aria-current={here === path ? "page" : undefined}>
              {title}
            </Link>
          ))}
        </nav>
        <div className={css.badges}>
          <EngineMenu />
          <StorageBadge />
          <SchemeToggle />
        </div>
      </header>
      <main>{children}</main>
    </div>
  );
}

function StorageBadge(): ReactNode {
  const storage = useSessionField("storage");
  if (storage === null) return null;
  return (
    <span className={css.badge} title="Pools, datasets, checkpoints and features kept in this browser">
      {bytes(storage.used)}
      {storage.quota === null ? "" : ` of ${bytes(storage.quota)}`} stored
    </span>
  );
}

function SchemeToggle(): ReactNode {
  const { setColorScheme } = useMantineColorScheme();
  const scheme = useComputedColorScheme("light");
  const other = scheme === "dark" ? "light" : "dark";
  return (
    <ActionIcon variant="default" size="sm" aria-label={`Use ${other} colours`} onClick={() => setColorScheme(other)}>
      {scheme === "dark" ? "☀" : "☾"}
    </ActionIcon>
  );
}

function useProgressInTitle(): void {
  const working = useSessionField("runs").find((run) => isWorking(run.status));
  const share = working && working.total > 0 ? Math.floor((working.done / working.total) * 100) : null;
  const left = working?.etaSeconds ?? null;
  useEffect(() => {
    const progress = share === null ? "" : `▶ ${share} %${left === null ? "" : `, ${duration(left)}`} · `;
    document.title = `${progress}SIO Workbench`;
  }, [share, left]);
}
