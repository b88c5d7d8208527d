/** 0.9234 → "92.3"; null → "–". Percent only on screen, fractions everywhere else. */
export function percent(value: number | null, digits = 1): string {
  return value === null ? "–" : (value * 100).toFixed(digits);
}

/** A signed difference of two fractions in points: "+1.2", "−0.4". */
export function signedPoints(value: number, digits = 1): string {
  const text = (Math.abs(value) * 100).toFixed(digits);
  return `${value < 0 ? "−" : "+"}${text}`;
}

/** Seconds as people say them: "40 s", "4 min", "2 h 10 min". */
export function duration(seconds: number): string {
  if (seconds < 90) return `${Math.max(1, Math.round(seconds))} s`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 90) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  return minutes % 60 === 0 ? `${hours} h` : `${hours} h ${minutes % 60} min`;
}

/** A range of seconds: "4 min" or "3 min–5 min". */
export function durationRange([low, high]: readonly [number, number]): string {
  const from = duration(low);
  const to = duration(high);
  return from === to ? from : `${from}–${to}`;
}

/** Bytes in decimal units: "1.9 GB". */
export function bytes(value: number): string {
  const units = ["B", "kB", "MB", "GB", "TB"];
  let rest = value;
  let unit = 0;
  while (rest >= 1000 && unit < units.length - 1) {
    rest /= 1000;
    unit++;
  }
  return `${unit === 0 || rest >= 100 ? Math.round(rest) : rest.toFixed(1)} ${units[unit]}`;
}

export function count(value: number): string {
  return value.toLocaleString("en-US");
}

/** "1 cell", "3 cells". */
export function plural(n: number, noun: string): string {
  return `${count(n)} ${noun}${n === 1 ? "" : "s"}`;
}
