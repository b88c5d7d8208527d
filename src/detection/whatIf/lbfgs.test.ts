import { describe, expect, test } from "vitest";
import { Stream } from "../../random/stream.ts";
import { minimise, type Objective } from "./lbfgs.ts";
import { headLogits, headObjective, type LabelledFeatures } from "./softmaxHead.ts";

const stream = new Stream(5, "test-head");

function madeSet(count: number, dim: number, classes: number): LabelledFeatures {
  const features = Float32Array.from({ length: count * dim }, () => stream.uniform(-1, 1));
  const labels = Int32Array.from({ length: count }, () => stream.int(classes));
  return { count, features, labels };
}

describe("L-BFGS", () => {
  test("an ill-conditioned quadratic: curvatures 1 … 10,000, minimum at 1, 2, 3, 4, 5", () => {
    const curvature = [1, 10, 100, 1000, 10_000];
    const quadratic: Objective = (x, gradient) => {
      let value = 0;
      for (const [k, h] of curvature.entries()) {
        const away = (x[k] as number) - (k + 1);
        gradient[k] = h * away;
        value += (h * away * away) / 2;
      }
      return value;
    };
    const minimum = minimise(quadratic, new Float64Array(5), 1e-8, 200);
    expect(minimum.converged).toBe(true);
    expect(minimum.iterations).toBeLessThan(100);
    for (let k = 0; k < 5; k++) expect(minimum.x[k]).toBeCloseTo(k + 1, 7);
  });

  test("out of iterations it says that it has not converged", () => {
    const quartic: Objective = (x, gradient) => {
      gradient[0] = 4 * ((x[0] as number) - 3) ** 3;
      return ((x[0] as number) - 3) ** 4;
    };
    const stopped = minimise(quartic, new Float64Array(1), 1e-12, 2);
    expect([stopped.converged, stopped.iterations]).toEqual([false, 2]);
    expect(stopped.gradientMax).toBeGreaterThan(1e-12);
  });

  test("a start that is the minimum stays there", () => {
    const bowl: Objective = (x, gradient) => {
      gradient[0] = x[0] as number;
      return (x[0] as number) ** 2 / 2;
    };
    expect(minimise(bowl, new Float64Array(1), 1e-9, 10)).toMatchObject({ iterations: 0, converged: true, value: 0 });
  });
});

describe("objective of a head", () => {
  test("zero parameters: weight · log(classes), whatever the features", () => {
    const sets = [
      { set: madeSet(7, 3, 4), weight: 0.25 },
      { set: madeSet(5, 3, 4), weight: 0.75 },
    ];
    const value = headObjective(sets, 3, 4, 0.1)(new Float64Array(16), new Float64Array(16));
    expect(value).toBeCloseTo(Math.log(4), 12);
  });

  test("the gradient is that of central differences, bias and decay included", () => {
    const sets = [
      { set: madeSet(9, 3, 4), weight: 0.3 },
      { set: madeSet(6, 3, 4), weight: 0.7 },
    ];
    const objective = headObjective(sets, 3, 4, 0.05);
    const x = Float64Array.from({ length: 16 }, () => stream.uniform(-1, 1));
    const gradient = new Float64Array(16);
    objective(x, gradient);
    const unused = new Float64Array(16);
    for (let k = 0; k < 16; k++) {
      const at = (shift: number) => objective(x.with(k, (x[k] as number) + shift), unused);
      expect((at(1e-5) - at(-1e-5)) / 2e-5).toBeCloseTo(gradient[k] as number, 8);
    }
  });

  test("logits by hand: weight rows first, bias last", () => {
    const parameters = Float64Array.of(1, 2, 3, 4, 10, 20);
    expect([...headLogits(Float32Array.of(1, 1, 0, 2), 2, 2, parameters)]).toEqual([13, 27, 14, 28]);
  });

  test("no decay, an empty set, a label outside the classes: refused with the numbers", () => {
    const set = madeSet(2, 3, 4);
    expect(() => headObjective([{ set, weight: 1 }], 3, 4, 0)).toThrow("above 0, not 0");
    expect(() => headObjective([{ set: madeSet(0, 3, 4), weight: 1 }], 3, 4, 1)).toThrow("0 images");
    const labels = Int32Array.of(0, 4);
    expect(() => headObjective([{ set: { ...set, labels }, weight: 1 }], 3, 4, 1)).toThrow("Image 1 has label 4");
    expect(() => headObjective([{ set, weight: 1 }], 5, 4, 1)).toThrow("6 features and 2 labels for 2 images");
  });
});
