/** Set while a reload for isolation is under way; cleared by the first page that is isolated. */
const ATTEMPT = "sio.isolation-reload";
const SCRIPT = "isolation-sw.js";
const PATIENCE_MS = 4000;

/** "reloading": the page is about to load again, isolated. "unavailable": kernels run on one thread, slower. */
export type Isolation = "isolated" | "reloading" | "unavailable";

/** The parts of the window that isolation depends on. */
export interface IsolationPage {
  readonly crossOriginIsolated: boolean;
  readonly isSecureContext: boolean;
  readonly serviceWorkers: Pick<ServiceWorkerContainer, "register" | "ready"> | undefined;
  readonly attempts: Pick<Storage, "getItem" | "setItem" | "removeItem">;
  reload(): void;
}

function thisPage(): IsolationPage {
  return {
    crossOriginIsolated: window.crossOriginIsolated,
    isSecureContext: window.isSecureContext,
    serviceWorkers: "serviceWorker" in navigator ? navigator.serviceWorker : undefined,
    attempts: sessionStorage,
    reload: () => location.reload(),
  };
}

async function activeWorker(workers: NonNullable<IsolationPage["serviceWorkers"]>): Promise<boolean> {
  await workers.register(new URL(SCRIPT, document.baseURI));
  const late = new Promise<false>((resolve) => setTimeout(() => resolve(false), PATIENCE_MS));
  return Promise.race([workers.ready.then(() => true as const), late]);
}

/**
 * Makes the page cross-origin isolated, which shared memory and so kernel threads need. Where the host sends the
 * headers there is nothing to do; elsewhere a service worker adds them and the page reloads once. It never reloads a
 * second time before an isolated page was seen, so it cannot loop. Call it before the first render and stop there
 * when it says "reloading".
 */
export async function ensureIsolation(page: IsolationPage = thisPage()): Promise<Isolation> {
  const { attempts, serviceWorkers } = page;
  if (page.crossOriginIsolated) {
    attempts.removeItem(ATTEMPT);
    return "isolated";
  }
  if (!page.isSecureContext || serviceWorkers === undefined) return "unavailable";
  if (attempts.getItem(ATTEMPT) !== null) return "unavailable";
  try {
    if (!(await activeWorker(serviceWorkers))) return "unavailable";
  } catch (error) {
    console.warn("No cross-origin isolation: the browser refused the service worker.", error);
    return "unavailable";
  }
  attempts.setItem(ATTEMPT, "1");
  page.reload();
  return "reloading";
}
