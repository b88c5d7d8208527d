import { describe, expect, it } from "vitest";
import type { BackendRequest } from "./backend.ts";
import { EngineKeeper } from "./keeper.ts";
import type { Engine } from "./network.ts";

class FakeEngine implements Engine {
  failure: Error | null = null;
  disposed = false;
  readonly backend = { name: "cpu", threads: 1, adapter: "", software: false, reason: "" } as const;
  createNetwork(): never {
    throw new Error("not asked for here");
  }
  dispose(): void {
    this.disposed = true;
  }
}

const wasm: BackendRequest = { backend: "wasm", threads: 0, reproducible: false, allowSoftware: false };

function keeper() {
  const opened: FakeEngine[] = [];
  const kept = new EngineKeeper(async () => {
    // Two engines never live at once.
    expect(opened.every(({ disposed }) => disposed)).toBe(true);
    opened.push(new FakeEngine());
    return opened[opened.length - 1] as FakeEngine;
  });
  return { kept, opened };
}

describe("EngineKeeper", () => {
  it("makes an engine once, also for two who ask at once", async () => {
    const { kept, opened } = keeper();
    const [a, b] = await Promise.all([kept.engineFor(wasm), kept.engineFor({ ...wasm })]);
    expect(a).toBe(b);
    expect(opened).toHaveLength(1);
  });

  it("closes it for another request", async () => {
    const { kept, opened } = keeper();
    await kept.engineFor(wasm);
    await kept.engineFor({ ...wasm, reproducible: true });
    expect(opened.map(({ disposed }) => disposed)).toEqual([true, false]);
  });

  it("disposes what it keeps when closed", async () => {
    const { kept, opened } = keeper();
    await kept.close();
    await kept.engineFor(wasm);
    await kept.close();
    expect(opened.map(({ disposed }) => disposed)).toEqual([true]);
  });

  it("replaces one that failed, once, however many ask", async () => {
    const { kept, opened } = keeper();
    const first = (await kept.engineFor(wasm)) as FakeEngine;
    first.failure = new Error("The GPU device was lost.");
    const [a, b] = await Promise.all([kept.engineFor(wasm), kept.engineFor(wasm)]);
    expect(a).toBe(b);
    expect(a.failure).toBeNull();
    expect(opened).toHaveLength(2);
    expect(first.disposed).toBe(true);
  });

  it("tries again after an engine could not be made", async () => {
    let tries = 0;
    const kept = new EngineKeeper(async () => {
      if (++tries === 1) throw new Error("No backend can be used here.");
      return new FakeEngine();
    });
    await expect(kept.engineFor(wasm)).rejects.toThrow("No backend");
    await expect(kept.engineFor(wasm)).resolves.toBeInstanceOf(FakeEngine);
  });
});
