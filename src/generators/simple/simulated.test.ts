import { describe, expect, it } from "vitest";
import { render } from "../../data/shapes/render.ts";
import { REAL_KNOBS, type ShapeLatents } from "../../data/shapes/shapeLatents.ts";
import { knobsOf, SIMULATED_LEVELS, simulatedLatents } from "./simulated.ts";

const LEVELS = SIMULATED_LEVELS.map((_, k) => k + 1);
const indices = Array.from({ length: 150 }, (_, i) => i);

function distance(a: Uint8Array, b: Uint8Array): number {
  return Math.sqrt(a.reduce((sum, value, p) => sum + (value - (b[p] as number)) ** 2, 0) / a.length);
}

describe("the simulated generator", () => {
  it("errs the more the higher the level, against the clean render of the same scenes", () => {
    const clean = indices.map((i) => render(simulatedLatents(REAL_KNOBS, 9, i)));
    const errors = LEVELS.map((level) => {
      const images = indices.map((i) => render(simulatedLatents(knobsOf(level, 1), 9, i)));
      return images.reduce((sum, image, i) => sum + distance(image, clean[i] as Uint8Array), 0) / images.length;
    });
    expect(errors).toEqual([...errors].sort((a, b) => a - b));
    expect(new Set(errors).size).toBe(7);
    expect(errors[0]).toBeGreaterThan(0);
  });

  it("makes every knob worse with every level, and the real distribution better than all", () => {
    let before = REAL_KNOBS;
    for (const level of LEVELS) {
      const knobs = knobsOf(level, 1);
      expect(knobs.morph).toBeGreaterThan(before.morph);
      expect(knobs.hueShortcut).toBeGreaterThan(before.hueShortcut);
      expect(knobs.poseRange).toBeLessThan(before.poseRange);
      before = knobs;
    }
    expect(() => knobsOf(8, 1)).toThrow("levels 1 … 7, not 8");
  });

  it("leans every image of a class towards the same other class, and no two classes towards each other", () => {
    const confuser = new Map<string, string>();
    for (const i of indices) {
      const { figure, morphInto, morph } = simulatedLatents(knobsOf(4, 1), 2, i);
      expect(morph).toBe(SIMULATED_LEVELS[3]?.morph);
      expect(morphInto).not.toBe(figure);
      expect(confuser.get(figure) ?? morphInto).toBe(morphInto);
      confuser.set(figure, morphInto as string);
    }
    expect(confuser.size).toBe(10);
    for (const [figure, other] of confuser) expect(confuser.get(other), figure).not.toBe(figure);
  });

  it("gives the hue away as often as its level says", () => {
    const own = (level: number) => {
      const hues = Array.from({ length: 2000 }, (_, i) => simulatedLatents(knobsOf(level, 1), 3, i).hueOfClass);
      return hues.filter((hueClass) => hueClass !== null).length / hues.length;
    };
    expect(Math.abs(own(1) - 0.64)).toBeLessThan(0.03);
    expect(Math.abs(own(7) - 0.9)).toBeLessThan(0.03);
  });

  it("keeps poses in the middle of their range, and coverage in the lower part of the box", () => {
    const spread = (latents: readonly ShapeLatents[], of: (l: ShapeLatents) => number) => [
      Math.min(...latents.map(of)),
      Math.max(...latents.map(of)),
    ];
    const drawn = (level: number, coverage: number) =>
      Array.from({ length: 1000 }, (_, i) => simulatedLatents(knobsOf(level, coverage), 3, i));

    const [least, most] = spread(drawn(7, 1), ({ pose }) => pose.rotation) as [number, number];
    expect(least).toBeCloseTo(-0.35 * 0.3, 2);
    expect(most).toBeCloseTo(0.35 * 0.3, 2);

    // Half of a box of five latents: each is cut to .5^(1/5) = 87 % of its range, from the top.
    const range = 0.2 * (SIMULATED_LEVELS[2]?.poseRange as number);
    const [left, right] = spread(drawn(3, 0.5), ({ pose }) => pose.x) as [number, number];
    expect(left).toBeCloseTo(-range, 2);
    expect(right).toBeCloseTo(-range + 2 * range * 0.5 ** (1 / 5), 2);
  });

  it("draws from streams that no set of the benchmark uses", async () => {
    const { SHAPES_SETS } = await import("../../data/shapes/sets.ts");
    const train = new Set(indices.map((i) => JSON.stringify((SHAPES_SETS.train.draw(i).latents as ShapeLatents).pose)));
    for (const seed of [0, 1, 2]) {
      for (const i of indices) {
        expect(train.has(JSON.stringify(simulatedLatents(REAL_KNOBS, seed, i).pose))).toBe(false);
      }
    }
  });
});
