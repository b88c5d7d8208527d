import * as Comlink from "comlink";
import type { Command } from "../runs/control.ts";
import type { ProgressEvent } from "../runs/events.ts";
import { type Api, PROTOCOL, type Reply, type WorkerEndpoint } from "./api.ts";

/** The part of Worker that a client needs; tests hand in a MessageChannel-backed one. */
export interface WorkerLike extends Comlink.Endpoint {
  terminate(): void;
}

export class WorkerFault extends Error {
  constructor(
    readonly code: string,
    message: string,
  ) {
    super(message);
    this.name = "WorkerFault";
  }
}

interface Running {
  readonly worker: WorkerLike;
  readonly remote: Comlink.Remote<WorkerEndpoint>;
  readonly failed: Promise<never>;
  fail: (reason: Error) => void;
}

/**
 * One worker behind comlink, made safe: starts when first called, shakes hands, and settles every call. Comlink alone
 * leaves a call pending for ever when its worker crashes, fails to load or is terminated; here the call rejects, and
 * the next call starts a fresh worker.
 */
export class WorkerClient<T extends Api<T>> {
  private running: Promise<Running> | null = null;
  private current: Running | null = null;

  constructor(
    private readonly name: string,
    private readonly spawn: () => WorkerLike,
    private readonly handshakeMs = 20_000,
  ) {}

  /**
   * Calls a method. Rejects with WorkerFault: the worker's own error with its code, or "crashed" / "handshake".
   * @param onEvent progress, as the worker emits it
   */
  async call<K extends keyof T & string>(
    method: K,
    payload: T[K]["in"],
    onEvent: (event: ProgressEvent) => void = () => {},
  ): Promise<T[K]["out"]> {
    this.running ??= this.start();
    const running = await this.running;
    const sink = Comlink.proxy(onEvent);
    const reply = (await Promise.race([running.remote.call(method, payload, sink), running.failed])) as Reply<
      T[K]["out"]
    >;
    if (reply.ok) return reply.value;
    throw new WorkerFault(reply.code, reply.message);
  }

  /** Tells the running job to go on, pause or stop, and which α to follow; it hears it at its next step. */
  control(command: Command, liveAlpha: number | null): void {
    this.current?.remote.control(command, liveAlpha).catch(() => {
      // The worker is gone; the call that it was for rejects by itself.
    });
  }

  /** Ends the worker; calls in flight reject with "terminated". */
  terminate(): void {
    const { current } = this;
    this.running = null;
    this.current = null;
    current?.worker.terminate();
    current?.fail(new WorkerFault("terminated", `The ${this.name} worker was ended.`));
  }

  private async start(): Promise<Running> {
    const worker = this.spawn();
    let fail: (reason: Error) => void = () => {};
    const failed = new Promise<never>((_, reject) => {
      fail = reject;
    });
    failed.catch(() => {
      // Races that are over leave this promise unobserved.
    });
    const crash = (event: Event): void => {
      const detail = event instanceof ErrorEvent && event.message ? `: ${event.message}` : "";
      this.running = null;
      this.current = null;
      worker.terminate();
      fail(
        new WorkerFault(
          "crashed",
          `The ${this.name} worker stopped working${detail}. What it had saved is kept; start the run again to go on.`,
        ),
      );
    };
    worker.addEventListener("error", crash as EventListener);
    worker.addEventListener("messageerror", crash as EventListener);
    const running: Running = { worker, remote: Comlink.wrap<WorkerEndpoint>(worker), failed, fail };
    this.current = running;
    await this.shakeHands(running);
    return running;
  }

  private async shakeHands(running: Running): Promise<void> {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const late = new Promise<never>((_, reject) => {
      const message = `The ${this.name} worker did not start within ${this.handshakeMs / 1000} s. Reload the page.`;
      timer = setTimeout(() => reject(new WorkerFault("handshake", message)), this.handshakeMs);
    });
    try {
      const hello = await Promise.race([running.remote.hello(), running.failed, late]);
      if (hello.protocol !== PROTOCOL) {
        throw new WorkerFault(
          "handshake",
          `The ${this.name} worker is of another version than this page. Reload the page.`,
        );
      }
    } catch (error) {
      this.running = null;
      this.current = null;
      running.worker.terminate();
      throw error;
    } finally {
      clearTimeout(timer);
    }
  }
}
