import { afterAll, describe, expect, it } from "vitest";
import { plainOps } from "../../engine/ops/plain/plainOps.ts";
import { openDawn } from "../../engine/webgpu/plan/testing/node/dawn.ts";
import { excess } from "./testing/goldenCase.ts";
import type { imagesOnGpu } from "./testing/onGpu.ts";
import { tinyImages } from "./testing/tinyImages.ts";

const dawn = await openDawn();
afterAll(() => dawn?.close());

type Images = Awaited<ReturnType<typeof imagesOnGpu>>;

describe.skipIf(!dawn)("generators on Dawn in Node", () => {
  it("make the images of plain TypeScript: a StyleGAN2, and a UNet in four steps", async () => {
    const got = await dawn?.run<Images>("/src/generators/architectures/testing/onGpu.ts", "imagesOnGpu");
    const expected = await tinyImages(plainOps());
    expect(got?.images.length).toBe(2);
    expected.forEach((images, i) => {
      const tolerance = [1e-4, 1e-3][i] as number;
      expect(images.some((value) => Math.abs(value) > 0.1)).toBe(true);
      expect(excess(got?.images[i] ?? [], images, tolerance, 1e-4)).toBeLessThanOrEqual(0);
    });
    expect(got?.held).toBe(0);
  }, 60_000);
});
