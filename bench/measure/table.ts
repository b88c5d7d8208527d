import type { BenchRow } from "./rows.ts";

const HEAD = ["case", "ours", "threads", "median", "range", "peer", "threads", "median", "range", "unit", "ratio"];

/** Rows as an aligned table; numbers to the right. A column of shares appears where a row has one. */
export function table(rows: readonly BenchRow[]): string {
  const shares = rows.some(({ shareOfPeak }) => shareOfPeak !== null);
  const head = shares ? [...HEAD, "of peak"] : HEAD;
  const lines = rows.map((row, i) => {
    const line = shares ? [...cells(row), percent(row.shareOfPeak)] : cells(row);
    // A case that goes on is not named again.
    return rows[i - 1]?.case === row.case ? ["", ...line.slice(1)] : line;
  });
  return aligned([head, ...lines]);
}

function cells(row: BenchRow): string[] {
  return [
    row.case,
    row.kernel === null ? row.backend : `${row.backend} ${row.kernel}`,
    `${row.threads}`,
    number(row.ours),
    range(row.oursRange),
    row.peerName ?? "none",
    row.peerThreads === null ? "" : `${row.peerThreads}`,
    number(row.peer),
    range(row.peerRange),
    row.unit,
    row.ratio === null ? "" : `${row.ratio.toFixed(2)}×`,
  ];
}

/** Three significant digits, or whole from 100 on. */
function number(value: number | null): string {
  if (value === null) return "";
  return value >= 100 ? Math.round(value).toLocaleString("en") : value.toPrecision(3);
}

const range = (bounds: BenchRow["oursRange"] | null) => (bounds ? `${number(bounds[0])}…${number(bounds[1])}` : "");

const percent = (share: number | null) => (share === null ? "" : `${(100 * share).toFixed(0)} %`);

/** Pads every column to its widest cell: words to the left, numbers to the right. */
export function aligned(lines: readonly (readonly string[])[]): string {
  const columns = Math.max(0, ...lines.map((line) => line.length));
  const widths: number[] = [];
  const numeric: boolean[] = [];
  for (let c = 0; c < columns; c++) {
    widths.push(Math.max(...lines.map((line) => (line[c] ?? "").length)));
    numeric.push(lines.slice(1).every((line) => /^[\d.,…%×\s]*$/.test(line[c] ?? "")));
  }
  return lines
    .map((line) =>
      line
        .map((cell, c) => (numeric[c] ? cell.padStart(widths[c] ?? 0) : cell.padEnd(widths[c] ?? 0)))
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}
