import { describe, expect, it } from "vitest";
import { inFlight } from "./inFlight.ts";

/** Pieces 0 … count − 1 that end when told to, and what happened in which order. */
function pieces(count: number) {
  const log: string[] = [];
  const ends: { resolve: (result: number) => void; reject: (error: Error) => void }[] = [];
  const start = () => {
    const piece = ends.length;
    if (piece === count) return null;
    log.push(`start ${piece}`);
    return new Promise<number>((resolve, reject) => ends.push({ resolve, reject }));
  };
  const take = (result: number) => log.push(`take ${result}`);
  return { log, ends, start, take, breathe: () => settled() };
}

const settled = () => new Promise<void>((resolve) => setTimeout(resolve));

describe("inFlight", () => {
  it("starts the next piece before the last one has ended, and takes results in order", async () => {
    const { log, ends, start, take, breathe } = pieces(3);
    const all = inFlight(2, start, take, breathe);
    await settled();
    await settled();
    expect(log).toEqual(["start 0", "start 1"]);
    ends[1]?.resolve(1);
    await settled();
    expect(log).toEqual(["start 0", "start 1"]);
    ends[0]?.resolve(0);
    await settled();
    await settled();
    expect(log).toEqual(["start 0", "start 1", "take 0", "start 2", "take 1"]);
    ends[2]?.resolve(2);
    await all;
    expect(log.at(-1)).toBe("take 2");
  });

  it("with a limit of one starts nothing before the last result is taken", async () => {
    const { log, ends, start, take, breathe } = pieces(2);
    const all = inFlight(1, start, take, breathe);
    await settled();
    expect(log).toEqual(["start 0"]);
    ends[0]?.resolve(0);
    await settled();
    await settled();
    expect(log).toEqual(["start 0", "take 0", "start 1"]);
    ends[1]?.resolve(1);
    await all;
  });

  it("throws a piece's error after the results before it, waits for what was started after it and drops that", async () => {
    const { log, ends, start, take, breathe } = pieces(3);
    let over = false;
    const all = inFlight(3, start, take, breathe).finally(() => {
      over = true;
    });
    all.catch(() => {});
    for (let i = 0; i < 3; i++) await settled();
    ends[1]?.reject(new Error("the second failed"));
    ends[0]?.resolve(0);
    await settled();
    expect(over).toBe(false);
    ends[2]?.reject(new Error("the third failed, too"));
    await expect(all).rejects.toThrow("the second failed");
    expect(log).toEqual(["start 0", "start 1", "start 2", "take 0"]);
  });
});
