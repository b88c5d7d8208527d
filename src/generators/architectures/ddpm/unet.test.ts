import { afterEach, describe, expect, it } from "vitest";
import { plainOps } from "../../../engine/ops/plain/plainOps.ts";
import { exactCos } from "../../../random/exactMath.ts";
import { excess } from "../testing/goldenCase.ts";
import { SMALL, smallTensor } from "./testing/smallUNet.ts";
import { unet } from "./unet.ts";
import { uploadUNet } from "./unetWeights.ts";

const picture = (n: number): Float32Array => Float32Array.from({ length: n * 192 }, (_, i) => exactCos(i * 0.7));
const upload = (ops: ReturnType<typeof plainOps>, sizes = SMALL) => uploadUNet(ops, sizes, async (n) => smallTensor(n));

describe("the UNet", () => {
  const ops = plainOps();
  afterEach(() => expect(ops.bytes).toBe(0));

  it("gives the same for one timestep of all images and for one each, and for images alone", async () => {
    const weights = await upload(ops);
    const x = ops.upload(picture(2), [2, 3, 8, 8]);
    const shared = unet(ops, weights, x, [321]);
    const each = unet(ops, weights, x, [321, 321]);
    const second = ops.upload(picture(2).slice(192), [1, 3, 8, 8]);
    const alone = unet(ops, weights, second, [321]);
    const [all, again, one] = await Promise.all([shared, each, alone].map((value) => ops.read(value)));
    expect(all?.some((value) => Math.abs(value) > 0.1)).toBe(true);
    expect(excess(all ?? [], again ?? [], 1e-6)).toBeLessThanOrEqual(0);
    expect(excess(all?.slice(192) ?? [], one ?? [], 1e-6)).toBeLessThanOrEqual(0);
    for (const value of [x, second, shared, each, alone]) ops.free(value);
    weights.dispose();
  });

  it("depends on every image's timestep and on no other's", async () => {
    const weights = await upload(ops);
    const x = ops.upload(picture(2), [2, 3, 8, 8]);
    const values = [unet(ops, weights, x, [321, 5]), unet(ops, weights, x, [321, 321])];
    const [a, b] = await Promise.all(values.map((value) => ops.read(value)));
    expect(a?.slice(0, 192)).toEqual(b?.slice(0, 192));
    expect(excess(a?.slice(192) ?? [], b?.slice(192) ?? [], 1e-3)).toBeGreaterThan(0);
    for (const value of [x, ...values]) ops.free(value);
    weights.dispose();
  });

  it("splits attention into heads", async () => {
    const x = ops.upload(picture(1), [1, 3, 8, 8]);
    const results: Float32Array[] = [];
    for (const headWidth of [null, 24, 8]) {
      const weights = await upload(ops, { ...SMALL, levels: SMALL.levels, headWidth });
      // Heads of 8 divide the middle's 24 channels; those of 24 are the one head that null means.
      const epsilon = unet(ops, weights, x, [10]);
      results.push(await ops.read(epsilon));
      ops.free(epsilon);
      weights.dispose();
    }
    expect(results[1]).toEqual(results[0]);
    expect(excess(results[2] ?? [], results[0] ?? [], 1e-4)).toBeGreaterThan(0);
    ops.free(x);
  });

  it("refuses sides and timesteps that do not fit, with the numbers", async () => {
    const weights = await upload(ops);
    const odd = ops.upload(new Float32Array(3 * 49), [1, 3, 7, 7]);
    expect(() => unet(ops, weights, odd, [0])).toThrow("multiples of 2, not 7×7");
    const x = ops.upload(picture(2), [2, 3, 8, 8]);
    expect(() => unet(ops, weights, x, [1, 2, 3])).toThrow("3 timesteps for 2 images");
    for (const value of [odd, x]) ops.free(value);
    weights.dispose();
  });
});
