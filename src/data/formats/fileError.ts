/** A file that cannot be used: which, why, and what to do about it. The message is the three in one. */
export class FileError extends Error {
  override readonly name = "FileError";
  /** The choice that would make it usable: the rule for 16-bit grey. */
  readonly needs: "grey16" | null;
  constructor(
    readonly file: string,
    readonly why: string,
    readonly remedy: string,
    options?: ErrorOptions & { needs?: "grey16" },
  ) {
    super(`${file}: ${why} ${remedy}`, options);
    this.needs = options?.needs ?? null;
  }
}

/** A file by its path-like name; its bytes are read when they are needed. */
export interface NamedFile {
  readonly name: string;
  bytes(): Promise<Uint8Array>;
}

/** "30,000": numbers in messages. */
export function grouped(n: number): string {
  return n.toLocaleString("en-US");
}

/** The last segment of a path. */
export function baseName(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}

/** What a parser of somebody else's said, as one sentence. */
export function sentence(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return text.endsWith(".") ? text : `${text}.`;
}
