import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type Entry, isLevel, leadOf } from "./separable.ts";

const entry = (key: string, ...values: number[]): Entry => ({
  key,
  bySeed: new Map(values.map((value, seed) => [seed, value])),
});

describe("who may be bold", () => {
  test("the best, where every other is behind it on all seeds by about the same", () =>
    expect(leadOf([entry("msp", 0.8, 0.85, 0.9), entry("knn", 0.9, 0.951, 1), entry("ebo", 0.7, 0.75, 0.81)])).toEqual({
      best: "knn",
      bold: "knn",
      tied: [],
    }));
  test("nobody where one other is level: the tie is named", () =>
    expect(leadOf([entry("msp", 0.8, 0.9, 0.7), entry("knn", 0.9, 0.8, 0.75), entry("ebo", 0.5, 0.5, 0.4)])).toEqual({
      best: "knn",
      bold: null,
      tied: ["msp"],
    }));
  test("of equal means the first is the best", () =>
    expect(leadOf([entry("msp", 0.5, 0.75), entry("knn", 0.75, 0.5)])).toMatchObject({ best: "msp", tied: ["knn"] }));
  test("nobody below three seeds, however far apart", () =>
    expect(leadOf([entry("msp", 0.1, 0.1), entry("knn", 0.9, 0.9)])).toMatchObject({ bold: null, tied: ["msp"] }));
  test("nobody where there is only one; none at all where there is no value", () => {
    expect(leadOf([entry("msp", 0.5, 0.5, 0.5), entry("knn")])).toEqual({ best: "msp", bold: null, tied: [] });
    expect(leadOf([entry("msp"), entry("knn")])).toBeNull();
  });
  test("another way to tell apart, e.g. over images for one seed", () =>
    expect(leadOf([entry("msp", 0.6), entry("knn", 0.7)], () => true)).toMatchObject({ bold: "knn" }));
  test("bold or tied, never both; and the bold one has the highest mean", () =>
    fc.assert(
      fc.property(
        fc.array(fc.array(fc.integer({ min: 0, max: 100 }), { minLength: 3, maxLength: 5 }), {
          minLength: 2,
          maxLength: 5,
        }),
        (columns) => {
          const entries = columns.map((values, i) => entry(String(i), ...values));
          const lead = leadOf(entries);
          if (lead === null) throw new Error("every entry has a value");
          const mean = (key: string) => {
            const values = columns[Number(key)] ?? [];
            return values.reduce((sum, value) => sum + value, 0) / values.length;
          };
          expect(lead.bold === null).toBe(lead.tied.length > 0);
          const level = entries.filter(({ key }) => isLevel(lead, key)).length;
          expect(level).toBe(lead.bold === null ? lead.tied.length + 1 : 0);
          expect(mean(lead.best)).toBe(Math.max(...entries.map(({ key }) => mean(key))));
        },
      ),
    ));
});
