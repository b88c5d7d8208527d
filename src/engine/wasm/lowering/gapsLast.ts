import { accesses, type BackwardStep } from "../../plan/steps.ts";

type InputGradient = Extract<BackwardStep, { kind: "inputGradient" }>;

/**
 * Moves an input gradient that leaves gaps (stride > kernel, as a 1×1 projection with stride 2) behind the next step
 * that touches its map, if that adds another one without gaps: what comes first must write every pixel, what comes
 * second only those that it reaches.
 */
export function gapsLast(steps: readonly BackwardStep[]): BackwardStep[] {
  const result = [...steps];
  for (const step of steps) {
    if (step.kind !== "inputGradient" || step.accumulate || !hasGaps(step)) continue;
    const from = result.indexOf(step);
    const to = result.findIndex((other, i) => i > from && touches(other, step));
    const other = result[to];
    if (other?.kind !== "inputGradient" || hasGaps(other) || !sameTarget(other, step)) continue;
    result.splice(to, 1, { ...other, accumulate: false }, { ...step, accumulate: true });
    result.splice(from, 1);
  }
  return result;
}

function hasGaps({ convolution }: InputGradient): boolean {
  return convolution.layer.stride > convolution.layer.kernel;
}

function touches(other: BackwardStep, { dx }: InputGradient): boolean {
  const { reads, writes } = accesses(other);
  return [...reads, ...writes].some(({ root }) => root === dx.root);
}

function sameTarget(a: InputGradient, b: InputGradient): boolean {
  return a.dx.offset === b.dx.offset && a.dx.channels === b.dx.channels;
}
