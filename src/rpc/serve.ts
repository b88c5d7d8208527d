import * as Comlink from "comlink";
import { type Control, ControlSwitch } from "../runs/control.ts";
import type { Emit } from "../runs/events.ts";
import { codeOf, messageOf } from "../study/errors.ts";
import { type Api, PROTOCOL, type WorkerEndpoint } from "./api.ts";

/** What a handler gets beside its payload. */
export interface CallContext {
  readonly emit: Emit;
  /** Pause, stop and α, as the page last sent them. */
  readonly control: Control;
}

export type Handlers<T extends Api<T>> = {
  [K in keyof T]: (payload: T[K]["in"], context: CallContext) => Promise<T[K]["out"]>;
};

/**
 * Puts a worker's handlers behind comlink. Every call is answered: errors come back as data with their code. Typed
 * arrays in an answer are transferred, so a handler must hand out arrays that it does not keep.
 */
export function serve<T extends Api<T>>(worker: string, handlers: Handlers<T>): void {
  const control = new ControlSwitch();
  const endpoint: WorkerEndpoint = {
    hello: async () => ({ protocol: PROTOCOL, worker }),
    control: (command, liveAlpha) => control.set(command, liveAlpha),
    call: async (method, payload, onEvent) => {
      const handler = Object.hasOwn(handlers, method) ? handlers[method as keyof T] : undefined;
      if (handler === undefined) {
        return {
          ok: false,
          name: "Error",
          code: "unknown-method",
          message: `The ${worker} worker has no method "${method}".`,
        };
      }
      const context: CallContext = { emit: (event) => void onEvent(event), control };
      try {
        const value = await handler(payload as T[keyof T]["in"], context);
        return Comlink.transfer({ ok: true, value }, buffersOf(value));
      } catch (error) {
        const name = error instanceof Error ? error.name : "Error";
        return { ok: false, name, code: codeOf(error), message: messageOf(error) };
      }
    },
  };
  Comlink.expose(endpoint);
}

/** Buffers of the typed arrays that an answer holds at its first two levels. */
function buffersOf(value: unknown): ArrayBuffer[] {
  const found = new Set<ArrayBuffer>();
  const visit = (item: unknown, depth: number): void => {
    if (ArrayBuffer.isView(item)) {
      if (item.buffer instanceof ArrayBuffer) found.add(item.buffer);
    } else if (depth > 0 && item !== null && typeof item === "object") {
      for (const member of Object.values(item)) visit(member, depth - 1);
    }
  };
  visit(value, 2);
  return [...found];
}
