import type { Root, Step } from "../../plan/steps.ts";
import { gradientBorder } from "./gradientPhases.ts";

/** How many pixels of zeros surround each root's maps: what the convolutions that read them reach beyond the map. */
export class Borders {
  private readonly widths = new Map<Root, number>();

  /**
   * @param steps every step of a pass
   * @param images the root of the images, whose border all passes share
   */
  constructor(steps: readonly Step[], images: Root, imageBorder: number) {
    this.widths.set(images, imageBorder);
    for (const step of steps) {
      if (step.kind === "convolve" || step.kind === "weightGradient") {
        this.widen(step.x.root, step.convolution.layer.padding);
      } else if (step.kind === "inputGradient") {
        this.widen(step.dy.root, gradientBorder(step.convolution.layer, step.dx.root, step.dy.root));
      }
    }
    // A convolution adds its residual in one go where both have one layout. Widening may reach a chain of them.
    for (let before = -1; before !== this.total; ) {
      before = this.total;
      for (const step of steps) {
        const residual = step.kind === "convolve" ? step.epilogue?.residual : null;
        if (step.kind !== "convolve" || !residual || residual.root.channels !== step.y.root.channels) continue;
        this.widen(residual.root, this.of(step.y.root));
        this.widen(step.y.root, this.of(residual.root));
      }
    }
  }

  of(root: Root): number {
    return this.widths.get(root) ?? 0;
  }

  private get total(): number {
    return [...this.widths.values()].reduce((sum, width) => sum + width, 0);
  }

  private widen(root: Root, width: number): void {
    this.widths.set(root, Math.max(this.of(root), width));
  }
}

/** The border of the images: the widest padding of a convolution that reads them. */
export function imageBorder(steps: readonly Step[], images: Root): number {
  const paddings = steps.map((step) => {
    return step.kind === "convolve" && step.x.root === images ? step.convolution.layer.padding : 0;
  });
  return Math.max(0, ...paddings);
}
