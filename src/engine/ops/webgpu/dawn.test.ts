import { afterAll, describe, expect, it } from "vitest";
import { openDawn } from "../../webgpu/plan/testing/node/dawn.ts";
import { plainOps } from "../plain/plainOps.ts";
import { selfTestNumbers } from "./selfTest.ts";
import type { numbersOnGpu } from "./testing/onDawn.ts";

const dawn = await openDawn();
afterAll(() => dawn?.close());

type Numbers = Awaited<ReturnType<typeof numbersOnGpu>>;

describe.skipIf(!dawn)("image operations on Dawn in Node", () => {
  it("give what plain TypeScript gives, and free all they held", async () => {
    const got = await dawn?.run<Numbers>("/src/engine/ops/webgpu/testing/onDawn.ts", "numbersOnGpu");
    const expected = await selfTestNumbers(plainOps());
    expect(got?.numbers.length).toBe(expected.length);
    expected.forEach((value, i) => {
      expect(Math.abs((got?.numbers[i] as number) - value)).toBeLessThan(1e-5);
    });
    expect(got?.held).toBe(0);
  }, 60_000);
});
