import { describe, expect, it } from "vitest";
import { nextStatus, runStatuses } from "../../runs/status.ts";
import { makeCell } from "../../study/cell.ts";
import { presets } from "../../study/recipe.ts";
import { actionsOf, cellText } from "./cellText.ts";

const cell = makeCell({
  benchmark: "shapes",
  network: "resnet18",
  width: 8,
  method: "ce",
  generator: "interpolation",
  alpha: 0.8,
  poolSize: 100,
  poolSeed: 0,
  seed: 2,
  preset: "quick",
  recipe: presets.quick.recipe,
});

describe("cellText", () => {
  it("says α, generator, seed and preset", () => {
    const info = { id: "interpolation", title: "Neighbour interpolation", kind: "learned", note: "" } as const;
    expect(cellText(cell, [{ ...info, provenance: "same-real-set" }])).toBe(
      "α = 0.80, Neighbour interpolation, seed 2, quick",
    );
  });

  it("falls back to the generator's id, and says that a baseline has none", () => {
    expect(cellText(cell, [])).toContain("interpolation");
    expect(cellText(makeCell({ ...cell, alpha: 1 }), [])).toBe("α = 1.00, real images only, seed 2, quick");
  });
});

describe("actionsOf", () => {
  it("offers no move that the run's status table refuses", () => {
    for (const status of runStatuses) {
      for (const action of actionsOf(status)) {
        if (action === "pause") expect(nextStatus(status, "paused")).toBe("paused");
        if (action === "stop") expect(nextStatus(status, "stopped")).toBe("stopped");
        if (action === "resume")
          expect(nextStatus(status, status === "paused" ? "resumed" : "requeued")).toBe("queued");
      }
    }
  });
});
