import { useEffect, useSyncExternalStore } from "react";
import { useView } from "./view.ts";
import { viewToQuery } from "./viewHash.ts";

/** "#/runs?a=0.80" → "/runs". */
function pagePath(): string {
  const [path = ""] = location.hash.replace(/^#?\/?/, "").split("?");
  return `/${path}`;
}

function subscribe(listener: () => void): () => void {
  addEventListener("hashchange", listener);
  return () => removeEventListener("hashchange", listener);
}

function navigate(to: string): void {
  location.hash = `${to.startsWith("/") ? to : `/${to}`}?${viewToQuery(useView.getState())}`;
}

/** wouter's location hook over the hash: the path names the page, the query behind it holds the view. */
export function usePageHash(): [string, (to: string) => void] {
  return [useSyncExternalStore(subscribe, pagePath), navigate];
}
usePageHash.hrefs = (href: string): string => `#${href}`;

/** Milliseconds after the last change of the view until the address bar follows. */
const SETTLE = 300;

/** Keeps the view in the address, so that a reload or a copied link shows the same cell. */
export function useViewInAddress(): void {
  useEffect(() => {
    let timer = 0;
    const stop = useView.subscribe((view) => {
      clearTimeout(timer);
      timer = window.setTimeout(() => {
        history.replaceState(history.state, "", `#${pagePath()}?${viewToQuery(view)}`);
      }, SETTLE);
    });
    return () => {
      clearTimeout(timer);
      stop();
    };
  }, []);
}
