import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { ensureIsolation, type IsolationPage } from "./isolation.ts";

/** A tab: sessionStorage outlives its reloads, and so do the service workers. */
function tab(registers: boolean | Error) {
  const stored = new Map<string, string>();
  const reloads = vi.fn();
  const page = (crossOriginIsolated: boolean, changes: Partial<IsolationPage> = {}): IsolationPage => ({
    crossOriginIsolated,
    isSecureContext: true,
    serviceWorkers: {
      register: async () => {
        if (registers instanceof Error) throw registers;
        return {} as ServiceWorkerRegistration;
      },
      ready: registers === true ? Promise.resolve({} as ServiceWorkerRegistration) : new Promise(() => {}),
    },
    attempts: {
      getItem: (key) => stored.get(key) ?? null,
      setItem: (key, value) => void stored.set(key, value),
      removeItem: (key) => void stored.delete(key),
    },
    reload: reloads,
    ...changes,
  });
  return { page, reloads };
}

describe("ensureIsolation", () => {
  beforeEach(() => {
    vi.stubGlobal("document", { baseURI: "http://localhost/app/" });
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.unstubAllGlobals();
    vi.useRealTimers();
    vi.restoreAllMocks();
  });

  it("leaves an isolated page alone", async () => {
    const { page, reloads } = tab(true);
    expect(await ensureIsolation(page(true))).toBe("isolated");
    expect(reloads).not.toHaveBeenCalled();
  });

  it("reloads once, and not again where the reload did not help", async () => {
    const { page, reloads } = tab(true);
    expect(await ensureIsolation(page(false))).toBe("reloading");
    expect(await ensureIsolation(page(false))).toBe("unavailable");
    expect(reloads).toHaveBeenCalledTimes(1);
  });

  it("tries again after a page that was isolated, as when a forced reload bypassed the service worker", async () => {
    const { page, reloads } = tab(true);
    await ensureIsolation(page(false));
    await ensureIsolation(page(true));
    expect(await ensureIsolation(page(false))).toBe("reloading");
    expect(reloads).toHaveBeenCalledTimes(2);
  });

  it("does without where there is no secure context, no service worker, or one that never starts", async () => {
    const { page, reloads } = tab(false);
    expect(await ensureIsolation(page(false, { isSecureContext: false }))).toBe("unavailable");
    expect(await ensureIsolation(page(false, { serviceWorkers: undefined }))).toBe("unavailable");
    const waiting = ensureIsolation(page(false));
    await vi.advanceTimersByTimeAsync(10_000);
    expect(await waiting).toBe("unavailable");
    expect(reloads).not.toHaveBeenCalled();
  });

  it("does without, and says so, where the browser refuses the service worker", async () => {
    const warn = vi.spyOn(console, "warn").mockImplementation(() => {});
    const { page } = tab(new Error("blocked"));
    expect(await ensureIsolation(page(false))).toBe("unavailable");
    expect(warn).toHaveBeenCalledOnce();
  });
});
