/** Indices of the `most` highest scores, highest first; of equal scores the lower index first. */
export function highest(scores: Float32Array, most: number): number[] {
  return extremes(scores, most, (a, b) => a > b);
}

/** Indices of the `most` lowest scores, lowest first; of equal scores the lower index first. */
export function lowest(scores: Float32Array, most: number): number[] {
  return extremes(scores, most, (a, b) => a < b);
}

function extremes(scores: Float32Array, most: number, beats: (a: number, b: number) => boolean): number[] {
  const kept: number[] = [];
  for (let i = 0; i < scores.length; i++) {
    const score = scores[i] as number;
    let place = kept.length;
    while (place > 0 && beats(score, scores[kept[place - 1] as number] as number)) place--;
    if (place >= most) continue;
    kept.splice(place, 0, i);
    if (kept.length > most) kept.pop();
  }
  return kept;
}
