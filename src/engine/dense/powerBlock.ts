/** Groups of four rows that the kernels of exponentials take at a time, as their powers.ts has it. */
function groupsOf(columns: number): number {
  return Math.max(1, Math.min(64, Math.floor(1024 / columns)));
}

/** Bytes that a block of groups of four rows needs: `copies` of the rows, and a number for each. */
export function blockBytes(columns: number, copies: number): number {
  return groupsOf(columns) * 16 * (copies * columns + 1);
}
