import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type SelfTestNumbers, selfTestNumbers } from "../selfTest.ts";
import { createTapeEngine } from "../tape/tapeEngine.ts";
import { relativeDifference } from "../tape/testing/goldenFill.ts";
import { createNodeWasmEngine } from "./node/engine.ts";

/** Two engines that share no arithmetic have to agree. */
describe("the WebAssembly engine and the tape on plain JavaScript", () => {
  let expected: SelfTestNumbers;
  beforeAll(async () => {
    const tape = await createTapeEngine({ backend: "cpu" });
    expected = await selfTestNumbers(tape);
    tape.dispose();
  });
  const worst: Record<string, number> = {};
  afterAll(() => console.info("largest deviation from the tape:", worst));

  it.each([
    { reproducible: true, threads: 1 },
    { reproducible: true, threads: 2 },
    { reproducible: false, threads: 1 },
    { reproducible: false, threads: 2 },
  ])("agree: reproducible $reproducible, $threads threads", async (request) => {
    const engine = await createNodeWasmEngine(request, "");
    const { losses, logits, state } = await selfTestNumbers(engine);
    engine.dispose();
    const errors = [
      { name: "losses", error: relativeDifference(losses, Float32Array.from(expected.losses)) },
      { name: "logits", error: relativeDifference(logits, expected.logits) },
      ...Array.from(expected.state, ([name, { data }]) => ({
        name,
        error: relativeDifference(state.get(name)?.data ?? [], data),
      })),
    ];
    expect([...state.keys()]).toEqual([...expected.state.keys()]);
    worst[`${engine.backend.name}, ${request.threads}`] = Math.max(...errors.map(({ error }) => error));
    for (const { name, error } of errors) expect(error, name).toBeLessThan(2e-5);
  });
});
