/** A checkpoint or archive that breaks its format or that this program does not read. The message says where and why. */
export class CheckpointError extends Error {
  override readonly name = "CheckpointError";
}

/** At most 60 characters of a name out of a file, for a message. */
export function shown(text: string): string {
  return text.length > 60 ? `${text.slice(0, 60)}…` : text;
}
