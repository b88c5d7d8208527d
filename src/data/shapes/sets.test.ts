import { describe, expect, it } from "vitest";
import { luminance } from "./colour.ts";
import { type Figure, ID_FIGURES, NEAR_TEST_FIGURES, NEAR_VAL_FIGURES } from "./figures.ts";
import { SHAPES_SETS, type ShapesSetName } from "./sets.ts";
import { LUMINANCE_GAP, type ShapeLatents } from "./shapeLatents.ts";

function shapes(set: ShapesSetName, count: number): { latents: ShapeLatents; label: number }[] {
  return Array.from({ length: count }, (_, i) => {
    const { latents, label } = SHAPES_SETS[set].draw(i);
    if (latents.kind !== "shape") throw new Error(`${set} holds a ${latents.kind}`);
    return { latents, label };
  });
}

const share = <T>(items: readonly T[], holds: (item: T) => boolean) => items.filter(holds).length / items.length;

/** Class whose own hue is nearest. */
const nearestClass = (hue: number) => Math.round(hue * 10) % 10;

describe("ID sets", () => {
  it("are balanced and shuffled", () => {
    for (const set of ["train", "id_val", "id_test"] as const) {
      const labels = shapes(set, 500).map(({ label }) => label);
      for (let k = 0; k < 10; k++) expect(labels.filter((label) => label === k)).toHaveLength(50);
      // Of a shuffled order one in ten agrees with i mod 10.
      expect(share([...labels.keys()], (i) => labels[i] === i % 10)).toBeLessThan(0.2);
    }
  });

  it("draw the figure of the label", () => {
    for (const { latents, label } of shapes("train", 50)) expect(latents.figure).toBe(ID_FIGURES[label]);
  });

  it("have the class's own hue in 60 % of images, by design; with shuffled hues at chance", () => {
    const usual = shapes("id_test", 2000);
    expect(share(usual, ({ latents }) => latents.hueOfClass !== null)).toBeCloseTo(0.6, 1);
    // A random hue lies nearest the own class's in one image of ten.
    expect(share(usual, ({ latents, label }) => nearestClass(latents.hue) === label)).toBeGreaterThan(0.58);
    expect(share(usual, ({ latents, label }) => nearestClass(latents.hue) === label)).toBeLessThan(0.68);
    const shuffled = shapes("id_test_shuffled_hues", 2000);
    expect(share(shuffled, ({ latents, label }) => nearestClass(latents.hue) === label)).toBeGreaterThan(0.08);
    expect(share(shuffled, ({ latents, label }) => nearestClass(latents.hue) === label)).toBeLessThan(0.12);
  });

  it("shuffle the hues of the same scenes", () => {
    const usual = shapes("id_test", 200);
    shapes("id_test_shuffled_hues", 200).forEach(({ latents, label }, i) => {
      const twin = usual[i] as (typeof usual)[number];
      expect(label).toBe(twin.label);
      expect(latents.pose).toEqual(twin.latents.pose);
      expect(latents.occluder).toEqual(twin.latents.occluder);
      if (twin.latents.hueOfClass === null) expect(latents.foreground).toEqual(twin.latents.foreground);
    });
  });

  it("keep to the specified frequencies and ranges", () => {
    const all = shapes("train", 3000).map(({ latents }) => latents);
    expect(Math.abs(share(all, ({ foregroundTexture }) => foregroundTexture !== null) - 0.25)).toBeLessThan(0.03);
    expect(Math.abs(share(all, ({ backgroundTexture }) => backgroundTexture !== null) - 0.2)).toBeLessThan(0.03);
    expect(Math.abs(share(all, ({ occluder }) => occluder !== null) - 0.1)).toBeLessThan(0.02);
    const extremes = (of: (latents: ShapeLatents) => number) => [Math.min(...all.map(of)), Math.max(...all.map(of))];
    const expectRange = (of: (latents: ShapeLatents) => number, low: number, high: number) => {
      const [least, most] = extremes(of) as [number, number];
      const slack = (high - low) * 0.02;
      expect(least).toBeGreaterThanOrEqual(low);
      expect(least).toBeLessThan(low + slack);
      expect(most).toBeLessThanOrEqual(high);
      expect(most).toBeGreaterThan(high - slack);
    };
    expectRange(({ pose }) => pose.scale, 0.5, 0.8);
    expectRange(({ pose }) => pose.x, -0.2, 0.2);
    expectRange(({ pose }) => pose.rotation, -0.35, 0.35);
    expectRange(({ pose }) => pose.aspect, Math.exp(-0.15), Math.exp(0.15));
    expectRange(({ noise }) => noise.sigma, 0.01, 0.04);
  });
});

it("keeps the figure visible: luminance gap in every shape set", () => {
  for (const set of ["train", "id_test_shuffled_hues", "near_unseen", "near_val"] as const) {
    for (const { latents } of shapes(set, 500)) {
      const gap = latents.opacity * Math.abs(luminance(latents.foreground) - luminance(latents.background));
      expect(gap).toBeGreaterThanOrEqual(LUMINANCE_GAP);
    }
  }
});

describe("near-OOD sets", () => {
  it("hold each of their figures equally often, none of them a class, none of them shared", () => {
    const count = (set: ShapesSetName, n: number) => {
      const counts = new Map<Figure, number>();
      for (const { latents, label } of shapes(set, n)) {
        expect(label).toBe(-1);
        counts.set(latents.figure, (counts.get(latents.figure) ?? 0) + 1);
      }
      return counts;
    };
    expect(count("near_unseen", 400)).toEqual(new Map(entries(NEAR_TEST_FIGURES, 50)));
    expect(count("near_val", 200)).toEqual(new Map(entries(NEAR_VAL_FIGURES, 50)));
  });

  it("draw their hues from the ID classes as often as those do", () => {
    const all = shapes("near_unseen", 2000).map(({ latents }) => latents.hueOfClass);
    expect(share(all, (hueClass) => hueClass !== null)).toBeCloseTo(0.6, 1);
    for (let k = 0; k < 10; k++) expect(Math.abs(share(all, (hueClass) => hueClass === k) - 0.06)).toBeLessThan(0.02);
  });

  function entries(figures: readonly Figure[], each: number): [Figure, number][] {
    return figures.map((figure) => [figure, each]);
  }
});

it("draws every set from streams of its own", () => {
  const seen = new Map<string, string>();
  for (const name of Object.keys(SHAPES_SETS) as ShapesSetName[]) {
    if (name === "id_test_shuffled_hues") continue; // the scenes of id_test, on purpose
    for (let i = 0; i < 200; i++) {
      const { latents } = SHAPES_SETS[name].draw(i);
      const key = latents.kind === "shape" ? JSON.stringify(latents.pose) : JSON.stringify(latents);
      expect(seen.get(key), `${name} ${i}`).toBeUndefined();
      seen.set(key, `${name} ${i}`);
    }
  }
});
