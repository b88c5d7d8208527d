/**
 * A problem that a user can understand: what happened, why, and what to do, in one message.
 * The code is stable: pages and scripts may branch on it.
 */
export class WorkbenchError extends Error {
  constructor(
    readonly code: string,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
    this.name = "WorkbenchError";
  }
}

/** The code of an error that carries one (StoreError, WorkbenchError, engine faults …), else its class name. */
export function codeOf(error: unknown): string {
  if (error instanceof Error) {
    const code = (error as { code?: unknown }).code;
    return typeof code === "string" ? code : error.name;
  }
  return "unknown";
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
