/** Saves `content` as a file of the browser's download folder. */
export function download(name: string, type: string, content: BlobPart): void {
  const url = URL.createObjectURL(new Blob([content], { type }));
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  link.click();
  // The browser has taken its reference to the blob once the click's task is over.
  setTimeout(() => URL.revokeObjectURL(url), 0);
}
