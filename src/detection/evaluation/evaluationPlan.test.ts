import { describe, expect, it } from "vitest";
import type { BenchmarkInfo, Role, SetInfo } from "../../data/benchmark.ts";
import { MemoryStore } from "../../storage/memory.ts";
import { channelMeans, squares } from "../testing/squares.ts";
import { evaluate } from "./evaluate.ts";
import { storedSink } from "./evaluationCache.ts";
import { chooseFeatureDtype, planEvaluation } from "./evaluationPlan.ts";
import type { FeatureDtype } from "./featureChunks.ts";

const set = (role: Role, count: number): SetInfo => ({ name: role, title: role, note: "", group: "id", role, count });
const info = (sets: readonly SetInfo[]): Pick<BenchmarkInfo, "sets" | "height"> => ({ sets, height: 32 });

/** The paper's CIFAR-10 benchmark: 50,000 train images, 155,000 to score. */
const paper = (dtype: FeatureDtype) =>
  planEvaluation(info([set("train", 50_000), set("val", 2_000), set("test", 153_000)]), 512, 10, null, dtype);

describe("planEvaluation", () => {
  it("of the paper's size: 430 MB as float32, 219 MB as float16, well below a gigabyte in memory", () => {
    const [single, half] = [paper("float32"), paper("float16")];
    expect(single.forwardImages).toBe(205_000);
    expect(single.cacheBytes).toBe(205_000 * (512 * 4 + 44) + 513 * 40);
    expect(single.cacheBytes - half.cacheBytes).toBe(205_000 * 512 * 2);
    // Labels and logits, the train features twice, the cache of chunks.
    expect(single.residentBytes).toBe(205_000 * 44 + 2 * 50_000 * 2048 + 64e6);
  });

  it("counts only the real images that were trained on", () => {
    const plan = planEvaluation(info([set("train", 50_000), set("test", 10)]), 64, 10, 1000, "float32");
    expect(plan.forwardImages).toBe(1010);
  });

  it("says what storage then holds", async () => {
    const store = new MemoryStore();
    const sink = storedSink(store, "e", { featureDim: 3, classes: 3 }, { dtype: "float16", backend: "cpu" });
    await evaluate(channelMeans(), squares, { sink });
    let bytes = 0;
    for (const key of await store.keys("e/")) {
      for (const array of Object.values((await store.read(key))?.arrays ?? {})) bytes += array.byteLength;
    }
    const head = 4 * 3 * 4;
    expect(planEvaluation(squares.info, 3, 3, null, "float16").cacheBytes).toBe(bytes + head);
  });
});

describe("chooseFeatureDtype", () => {
  it("auto takes float32 while it needs at most 60 % of what is left, then float16, saying so with the numbers", () => {
    const enough = paper("float32").cacheBytes / 0.6 + 1;
    expect(chooseFeatureDtype("auto", paper, enough)).toEqual({ plan: paper("float32"), notice: null });
    expect(chooseFeatureDtype("auto", paper, null).plan.dtype).toBe("float32");
    const { plan, notice } = chooseFeatureDtype("auto", paper, 600e6);
    expect(plan.dtype).toBe("float16");
    expect(notice).toMatch(/float16 \(219 MB\).*float32 they would take 429 MB of the 600 MB/);
  });

  it("float32 that does not fit is refused, naming float16 where that would", () => {
    expect(() => chooseFeatureDtype("float32", paper, 300e6)).toThrow(
      /205000 images take 429 MB as float32; storage has 300 MB left. As float16 they would take 219 MB/,
    );
    expect(chooseFeatureDtype("float32", paper, 500e6).plan.dtype).toBe("float32");
  });

  it("what fits in no way is refused with what to do", () => {
    for (const choice of ["auto", "float16", "float32"] as const) {
      expect(() => chooseFeatureDtype(choice, paper, 100e6)).toThrow(/storage has 100 MB left. Delete pools/);
    }
  });
});
