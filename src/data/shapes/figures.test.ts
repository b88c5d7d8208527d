import { describe, expect, it } from "vitest";
import { FIGURE_DISTANCES, type Figure, ID_FIGURES, NEAR_TEST_FIGURES, NEAR_VAL_FIGURES } from "./figures.ts";

const names = Object.keys(FIGURE_DISTANCES) as Figure[];
/** Sample centres over [−1.2, 1.2]. */
const STEP = 0.02;
const axis = Array.from({ length: 120 }, (_, i) => (i - 59.5) * STEP + 0.0003);

function area(figure: Figure): number {
  let inside = 0;
  for (const y of axis) for (const x of axis) if (FIGURE_DISTANCES[figure](x, y) < 0) inside++;
  return inside * STEP * STEP;
}

describe("figures", () => {
  it("has three groups without a figure in common", () => {
    const all = [...ID_FIGURES, ...NEAR_TEST_FIGURES, ...NEAR_VAL_FIGURES];
    expect(new Set(all).size).toBe(10 + 8 + 4);
    expect(new Set(all)).toEqual(new Set(names));
  });

  it("has the areas of geometry", () => {
    const corners = (n: number, r: number) => (n / 2) * r * r * Math.sin((2 * Math.PI) / n);
    // A star is 2n triangles between a tip, a notch and the centre.
    const rays = (n: number, tip: number, notch: number) => n * tip * notch * Math.sin(Math.PI / n);
    const expected: Partial<Record<Figure, number>> = {
      disc: Math.PI * 0.85 ** 2,
      square: 1.5 ** 2,
      triangle: corners(3, 1.05),
      star: rays(5, 1.05, 0.42),
      ring: Math.PI * (0.87 ** 2 - 0.43 ** 2),
      hexagon: corners(6, 0.95),
      pentagon: corners(5, 0.98),
      "seven-star": rays(7, 1.05, 0.6),
      frame: 1.6 ** 2 - 0.76 ** 2,
      rhombus: 2 * 0.6 * 1,
    };
    for (const [figure, value] of Object.entries(expected)) {
      expect(Math.abs(area(figure as Figure) / value - 1), figure).toBeLessThan(0.03);
    }
  });

  it("stays inside the reach of the painter, beyond which nothing is drawn", () => {
    for (const name of names) {
      for (let k = 0; k < 360; k++) {
        const angle = (k * Math.PI) / 180;
        // 1.3 × scale .5 leaves more than the edge's half pixel to a reach of 1.6
        expect(FIGURE_DISTANCES[name](1.3 * Math.cos(angle), 1.3 * Math.sin(angle)), name).toBeGreaterThan(0.05);
      }
    }
  });
});
