/** Where generators that a user brought are kept. */
export const generatorKeys = {
  record: (id: string) => `generators/records/${id}`,
  records: "generators/records/",
  /** Bytes of a checkpoint's files, by their hash: records of the same files share them. */
  files: (hash: string) => `generators/files/${hash}/`,
  filePart: (hash: string, file: number, part: number) =>
    `generators/files/${hash}/${file}/${String(part).padStart(5, "0")}`,
  /** Images of a set, by `imagesOf`: they are kept at the benchmark's size, and records of the same files share them. */
  images: (id: string) => `generators/images/${id}/`,
  imageChunk: (id: string, chunk: number) => `generators/images/${id}/${String(chunk).padStart(6, "0")}`,
  /** Labels of all images of a set. */
  imageLabels: (id: string) => `generators/images/${id}/labels`,
} as const;

/** Under which the images of a set are kept. */
export function imagesOf({ hash, benchmark }: { readonly hash: string; readonly benchmark: string }): string {
  return `${hash.slice(0, 16)}.${benchmark}`;
}
