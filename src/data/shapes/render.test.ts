import { describe, expect, it } from "vitest";
import { GOLDEN_HASHES, hashEverySet } from "./fixtures/hashes.ts";
import { render } from "./render.ts";
import { latentsOf } from "./shapesBenchmark.ts";

describe("render", () => {
  it("gives the golden bytes in Node", async () => {
    expect(await hashEverySet()).toEqual(GOLDEN_HASHES);
  });

  it("needs nothing but the latents, which are plain JSON", () => {
    for (const set of [
      "train",
      "near_unseen",
      "far_glyphs",
      "far_digits",
      "far_textures",
      "far_scenes",
      "far_val",
    ] as const) {
      const latents = latentsOf(set, 3);
      expect(render(JSON.parse(JSON.stringify(latents)))).toEqual(render(latents));
    }
  });

  it("leaves nothing of the image before on the canvas", () => {
    const alone = render(latentsOf("far_glyphs", 0));
    render(latentsOf("far_scenes", 0));
    expect(render(latentsOf("far_glyphs", 0))).toEqual(alone);
  });
});
