/** Rows that the kernels of exponentials take at a time, as their powers.ts has it. */
export function blockRows(columns: number): number {
  return 4 * Math.max(1, Math.min(64, Math.floor(1024 / columns)));
}

/** Bytes that a block of rows needs: so many copies of the rows, and a number for each. */
export function blockBytes(columns: number, copies: number): number {
  return blockRows(columns) * 4 * (copies * columns + 1);
}
