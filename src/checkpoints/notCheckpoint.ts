/** What a file is that is no checkpoint, by its first bytes, and what to do about it; null where that cannot be told. */
export function notCheckpoint(first: Uint8Array, size: number): string | null {
  const text = String.fromCharCode(...first);
  if (size === 0) return "The file is empty. Download it again.";
  if (text.startsWith("version https://git-lfs")) {
    return "This is a Git LFS pointer, not the file itself: fetch it with `git lfs pull`.";
  }
  if (/^\s*<(!doctype|html|\?xml)/i.test(text))
    return "This is an HTML page, saved by a failed download. Download the file again.";
  if (first[0] === 0x1f && first[1] === 0x8b) return "This is gzip-compressed: unpack it first.";
  if (text.startsWith("7z\xbc\xaf") || text.startsWith("Rar!") || text.startsWith("\xfd7zXZ")) {
    return "This is a compressed archive: unpack it first.";
  }
  if (text.startsWith("\x89HDF")) return "This is an HDF5 file, as Keras writes; only weights of torch are read.";
  return null;
}
