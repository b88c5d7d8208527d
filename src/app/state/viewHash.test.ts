import { describe, expect, it } from "vitest";
import { initialView, viewFromQuery, viewToQuery } from "./viewHash.ts";

describe("the view in the address", () => {
  it("comes back as it was written", () => {
    const view = {
      studyId: "my study #1",
      curveKey: "ce|simulated-3|20000",
      alpha: 0.65,
      detector: "vim(D=10)",
      oodSet: "far_glyphs",
      seed: 2,
    };
    expect(viewFromQuery(viewToQuery(view))).toEqual(view);
    expect(viewFromQuery(viewToQuery(initialView))).toEqual(initialView);
  });

  it("takes nothing from a link that is not a valid value", () => {
    expect(viewFromQuery(`a=7&seed=-1&detector=&study=${"x".repeat(500)}`)).toEqual(initialView);
    expect(viewFromQuery("a=abc&seed=1e9").alpha).toBe(initialView.alpha);
    expect(viewFromQuery("")).toEqual(initialView);
  });

  it("rounds α to what the slider can show", () => {
    expect(viewFromQuery("a=0.123456").alpha).toBe(0.12);
  });
});
