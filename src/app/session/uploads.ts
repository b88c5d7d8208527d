import type { UploadedFile } from "../../rpc/api.ts";

/** Chosen or dropped files as a worker takes them; those of a folder under their path in it. */
export function uploadsOf(files: readonly File[]): UploadedFile[] {
  return files.map((file) => ({ name: file.webkitRelativePath || file.name, blob: file }));
}
