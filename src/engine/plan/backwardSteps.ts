import type { BackwardStep, ForwardStep, MapView, TermGradient } from "./steps.ts";

/** Which gradients a backward pass computes. */
export interface BackwardOptions {
  /** Where the gradient of each map goes; null = not wanted. */
  readonly gradientOf: (map: MapView) => MapView | null;
  /** true = training: gradients go through the batch statistics, and the weights get theirs. */
  readonly training: boolean;
}

/**
 * The gradient of each forward step, last step first. The first gradient to reach a map is written, every further
 * one added; a map that several steps read thus needs no clearing.
 */
export function backwardSteps(forward: readonly ForwardStep[], options: BackwardOptions): BackwardStep[] {
  const { gradientOf, training } = options;
  const written = new Written();
  const steps: BackwardStep[] = [];
  const of = (map: MapView): MapView => {
    const gradient = gradientOf(map);
    if (!gradient) throw new Error("Images must pass through a convolution before a norm, a sum or the average.");
    return gradient;
  };
  for (const step of [...forward].reverse()) {
    switch (step.kind) {
      case "globalAverage": {
        const dx = of(step.x);
        if (written.mark(dx)) throw new Error("The global average must be the trunk's last step.");
        steps.push({ kind: "globalAverageGradient", dx });
        break;
      }
      case "combine": {
        const dOut = of(step.out);
        const terms = step.terms.map((term): TermGradient => {
          const gradient = of(term.map);
          return { ...term, gradient, accumulate: written.mark(gradient) };
        });
        steps.push({ kind: "combineGradient", terms, relu: step.relu, out: step.out, dOut, batch: training });
        break;
      }
      case "convolve": {
        const { convolution, x } = step;
        const dy = of(step.y);
        if (training) steps.push({ kind: "weightGradient", convolution, x, dy });
        const dx = gradientOf(x);
        if (dx) steps.push({ kind: "inputGradient", convolution, dy, dx, accumulate: written.mark(dx) });
        break;
      }
      case "pool": {
        const { layer, x, y } = step;
        const dx = gradientOf(x);
        if (dx) steps.push({ kind: "poolGradient", layer, x, y, dy: of(y), dx, accumulate: written.mark(dx) });
        break;
      }
    }
  }
  return steps;
}

/** Which lanes of each gradient root hold something already. */
class Written {
  private readonly lanes = new Map<number, boolean[]>();

  /** Marks the view as written; @returns whether it was before. */
  mark({ root, offset, channels }: MapView): boolean {
    const lanes = this.lanes.get(root.id) ?? new Array<boolean>(root.channels).fill(false);
    this.lanes.set(root.id, lanes);
    const before = lanes.slice(offset, offset + channels).filter((lane) => lane).length;
    if (before !== 0 && before !== channels) {
      throw new Error(
        `The gradient of ${root.name} is written in ${before} of ${channels} channels only when more is added: ` +
          "a piece of a concatenation must not be read after the concatenation itself.",
      );
    }
    lanes.fill(true, offset, offset + channels);
    return before === channels;
  }
}
