import { expect, it } from "vitest";
import { Pace } from "./pace.ts";

const GFLOP = 1e9;

/** A GPU that answers when it is told to. */
function pacing() {
  let time = 0;
  const pace = new Pace(() => time);
  const call = (flops: number) => {
    let answer = () => {};
    const watched = pace.watch(
      flops,
      new Promise<void>((resolve) => {
        answer = resolve;
      }),
    );
    return (seconds: number) => {
      time = seconds * 1000;
      answer();
      return watched;
    };
  };
  return { pace, call };
}

it("is cautious before the first answer and gives a slow GPU a quarter of a second at a time", async () => {
  const { pace, call } = pacing();
  expect(pace.flops).toBe(100 * GFLOP);
  await call(400 * GFLOP)(4);
  expect(pace.flops).toBe(25 * GFLOP);
});

it("takes the fastest call: the first one may have waited for a driver", async () => {
  const { pace, call } = pacing();
  await call(400 * GFLOP)(8);
  await call(400 * GFLOP)(8.1);
  expect(pace.flops).toBeCloseTo(1000 * GFLOP, -6);
  await call(400 * GFLOP)(20);
  expect(pace.flops).toBeCloseTo(1000 * GFLOP, -6);
});

it("does not count the time that a call waited for the one before it", async () => {
  const { pace, call } = pacing();
  const [first, second] = [call(100 * GFLOP), call(100 * GFLOP)];
  await first(1);
  await second(2);
  expect(pace.flops).toBe(25 * GFLOP);
});
