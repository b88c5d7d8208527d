import { describe, expect, test } from "vitest";
import { alternate, repetitions } from "./alternate.ts";
import type { Contestant } from "./contestant.ts";

/** Takes `each` seconds for a repetition, without waiting for them, and writes down when its turn was. */
function contestant(name: string, each: number, log: string[]): Contestant {
  return {
    name,
    device: "",
    threads: 1,
    turn: async (times) => {
      log.push(`${name}${times}`);
      return each * times;
    },
    close: async () => {},
  };
}

describe("repetitions", () => {
  test("fill the seconds, at least one", () => {
    expect(repetitions(0.1, 2)).toBe(20);
    expect(repetitions(30, 2)).toBe(1);
    expect(repetitions(0, 2)).toBe(1);
  });
});

describe("alternate", () => {
  test("turns go back and forth, so that no side always comes first", async () => {
    const log: string[] = [];
    const sides = ["a", "b", "c"].map((name) => contestant(name, 1, log));
    await alternate(sides, { rounds: 3, seconds: 1 });
    expect(log.slice(-9).join(" ")).toBe("a1 b1 c1 c1 b1 a1 a1 b1 c1");
  });

  test("each works as often as fills a turn, and its seconds are those of one repetition", async () => {
    const log: string[] = [];
    const sides = [contestant("slow", 5, log), contestant("fast", 0.01, log)];
    const measured = await alternate(sides, { rounds: 2, seconds: 1 });
    expect(log.slice(-4)).toEqual(["slow1", "fast100", "fast100", "slow1"]);
    expect(measured[0]).toEqual([5, 5]);
    expect(measured[1]?.map((seconds) => seconds.toFixed(6))).toEqual(["0.010000", "0.010000"]);
  });

  test("a slow side warms up only once", async () => {
    const log: string[] = [];
    await alternate([contestant("slow", 5, log)], { rounds: 1, seconds: 1 });
    expect(log).toEqual(["slow1", "slow1"]);
  });
});
