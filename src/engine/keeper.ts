import type { BackendRequest } from "./backend.ts";
import type { Engine } from "./network.ts";

/** What computes, until it fails. */
export interface Replaceable {
  readonly failure: Error | null;
  dispose(): void;
}

/**
 * Keeps the one engine, or the one set of image operations, that a thread works with. An engine that failed (GPU lost, kernel thread crashed) is replaced
 * at the next request, so that a run can go on from its checkpoint.
 */
export class EngineKeeper<E extends Replaceable = Engine> {
  private kept: { readonly key: string; readonly engine: Promise<E> } | null = null;

  constructor(private readonly open: (request: BackendRequest) => Promise<E>) {}

  /** The engine for a request, made on first use; another request closes it and makes another. */
  async engineFor(request: BackendRequest): Promise<E> {
    const key = JSON.stringify(request);
    const before = this.kept;
    if (before?.key === key) {
      const engine = await before.engine;
      if (engine.failure === null) return engine;
      // Somebody else may have replaced it meanwhile.
      if (this.kept !== before) return this.engineFor(request);
    }
    const engine = this.replace(before?.engine ?? null, request);
    this.kept = { key, engine };
    engine.catch(() => {
      if (this.kept?.engine === engine) this.kept = null;
    });
    return engine;
  }

  /** Disposes what is kept. */
  async close(): Promise<void> {
    const { kept } = this;
    this.kept = null;
    (await kept?.engine.catch(() => null))?.dispose();
  }

  /** One engine at a time: tfjs knows only one GPU backend per thread, and memory is scarce. */
  private async replace(previous: Promise<E> | null, request: BackendRequest): Promise<E> {
    if (previous) (await previous.catch(() => null))?.dispose();
    return this.open(request);
  }
}
