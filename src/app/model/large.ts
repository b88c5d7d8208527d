const units = ["", "thousand", "million", "billion", "trillion"] as const;

/** A large number in words, three digits: 35746307 → "35.7 million". */
export function large(value: number): string {
  let rest = value;
  let unit = 0;
  // 999.5 and more would be written as 1000.
  while (rest >= 999.5 && unit < units.length - 1) {
    rest /= 1000;
    unit++;
  }
  const digits = unit === 0 || rest >= 99.95 ? 0 : rest >= 9.995 ? 1 : 2;
  return `${rest.toFixed(digits)} ${units[unit]}`.trim();
}
