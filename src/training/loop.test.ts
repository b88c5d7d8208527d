import { describe, expect, it } from "vitest";
import type { ImageSet } from "../data/imageSet.ts";
import { type Network, NonFiniteLoss, type SgdHyper, type TrainBatch } from "../engine/network.ts";
import { makeCell } from "../study/cell.ts";
import type { Checkpoint } from "./checkpoint.ts";
import { type StepReport, type TrainingJob, train } from "./loop.ts";
import { wholePool, windowedPool } from "./poolImages.ts";

const SIDE = 8;
const BATCH = 4;
const EPOCHS = 3;

function images(count: number, shade: number): ImageSet {
  const pixels = Uint8Array.from({ length: count * SIDE * SIDE * 3 }, (_, i) => (i * 7 + shade) % 256);
  const labels = Int32Array.from({ length: count }, (_, i) => i % 3);
  return { count, height: SIDE, width: SIDE, images: pixels, labels };
}

/** Five steps an epoch. */
const real = images(18, 1);

const cell = makeCell({
  benchmark: "test",
  network: "resnet18",
  width: 8,
  method: "ce",
  generator: "test",
  alpha: 0.5,
  poolSize: 40,
  poolSeed: 0,
  seed: 5,
  preset: "look",
  recipe: {
    steps: null,
    epochs: EPOCHS,
    batch: BATCH,
    lr: 0.1,
    lrFinal: 0,
    warmup: 0.1,
    momentum: 0.9,
    weightDecay: 0,
    augment: "crop-flip",
    realCount: null,
    historyEvery: 1,
    selection: "last",
  },
});

/**
 * A network of one parameter, which every step changes by what it is given, and which answers a while later: steps are
 * computed in the order of the calls, as on a GPU.
 */
class SlowNetwork implements Network {
  readonly spec = { architecture: "resnet18", width: 8, classes: 3, imageSize: SIDE } as const;
  readonly featureDim = 1;
  readonly backend = { name: "cpu", threads: 1, adapter: "", software: false, reason: "test" } as const;
  underWay = 0;
  most = 0;
  started = 0;
  private parameter = 1;

  constructor(
    readonly stepsInFlight: number,
    /** The step, from 0, whose loss is NaN, and from there on. */
    private readonly sick = Number.POSITIVE_INFINITY,
  ) {}

  async trainStep(batch: TrainBatch, _loss: unknown, { lr }: SgdHyper) {
    const step = this.started++;
    this.most = Math.max(this.most, ++this.underWay);
    const sum = batch.images.reduce((sum, value, i) => sum + value * ((i % 13) + 1), 0);
    this.parameter = Math.fround(0.9 * this.parameter + lr * Math.sin(sum + (batch.augmentation?.flip[0] ?? 0)));
    const loss = this.parameter;
    await new Promise((resolve) => setTimeout(resolve, step % 3));
    this.underWay--;
    if (step >= this.sick) throw new NonFiniteLoss(Number.NaN);
    return { loss, correct: step % BATCH };
  }

  async exportState() {
    if (this.underWay > 0) throw new Error("The state is asked for in the middle of a step.");
    return new Map([["parameter", { shape: [1], data: Float32Array.of(this.parameter) }]]);
  }

  forward = unused;
  forwardNormalised = unused;
  inputGradient = unused;
  importState = unused;
  dispose(): void {}
}

async function unused(): Promise<never> {
  throw new Error("not part of training");
}

async function run(network: SlowNetwork, options: Partial<TrainingJob> = {}) {
  const reports: StepReport[] = [];
  const saved: { boundary: string; checkpoint: Omit<Checkpoint, "seconds"> }[] = [];
  const told: string[] = [];
  const job: TrainingJob = {
    cell,
    network,
    loss: () => {
      throw new Error("no tensors here");
    },
    real,
    pool: wholePool(images(40, 100)),
    resume: null,
    validate: async () => {
      told.push(`validate after ${reports.length}, ${network.underWay} under way`);
      return { valAccuracy: 0.5, valAuroc: null };
    },
    onStep: (report) => reports.push(report),
    onHistory: () => {},
    save: async ({ seconds, ...checkpoint }, boundary) => {
      expect(seconds).toBeGreaterThan(0);
      saved.push({ boundary, checkpoint: { ...checkpoint, history: [...checkpoint.history] } });
    },
    command: () => "run",
    liveAlpha: () => null,
    breathe: () => new Promise((resolve) => setTimeout(resolve)),
    turn: (work) => work(),
    ...options,
  };
  const outcome = await train(job).catch((error: unknown) => error);
  return { outcome, reports, saved, told };
}

describe("training from a window of a pool", () => {
  /** Chunks take the longer to read the more there were, so that a later batch could overtake. */
  function windowed() {
    const all = images(40, 100);
    const size = SIDE * SIDE * 3;
    let reads = 0;
    return windowedPool(40, { chunk: 4, chunks: 2 }, async (chunk) => {
      await new Promise((resolve) => setTimeout(resolve, 6 - (reads++ % 3) * 3));
      const part = all.images.slice(chunk * 4 * size, (chunk + 1) * 4 * size);
      return { ...all, count: 4, images: part, labels: all.labels.slice(chunk * 4, chunk * 4 + 4) };
    });
  }

  it("computes the steps in their order, with three under way as with one", async () => {
    const alone = await run(new SlowNetwork(1), { pool: windowed() });
    const overlapped = await run(new SlowNetwork(3), { pool: windowed() });
    expect(alone.outcome).toBe("finished");
    expect(overlapped.reports).toEqual(alone.reports);
    expect(overlapped.saved).toEqual(alone.saved);
    expect((await run(new SlowNetwork(1))).reports.map(({ loss }) => loss)).not.toEqual(
      alone.reports.map(({ loss }) => loss),
    );
  });

  it("says why where a chunk cannot be read", async () => {
    const broken = windowedPool(40, { chunk: 4, chunks: 2 }, () => Promise.reject(new Error("chunk gone")));
    expect((await run(new SlowNetwork(2), { pool: broken })).outcome).toEqual(new Error("chunk gone"));
  });
});

describe("train", () => {
  it("with two steps under way gives the very results of one at a time", async () => {
    const [one, two] = [new SlowNetwork(1), new SlowNetwork(2)];
    const alone = await run(one);
    const overlapped = await run(two);
    expect([one.most, two.most]).toEqual([1, 2]);
    expect(alone.outcome).toBe("finished");
    expect(alone.reports.map(({ step }) => step)).toEqual(Array.from({ length: 15 }, (_, i) => i + 1));
    expect(new Set(alone.reports.map(({ loss }) => loss)).size).toBe(15);
    expect(overlapped).toEqual(alone);
  });

  it("waits for everything under way before it validates and saves", async () => {
    const { told, saved } = await run(new SlowNetwork(2));
    expect(told).toEqual([5, 10, 15].map((steps) => `validate after ${steps}, 0 under way`));
    expect(saved.map(({ checkpoint }) => checkpoint.step)).toEqual([5, 10, 15]);
  });

  it("reports all steps that it began when it is stopped, saves there, and goes on from there to the same end", async () => {
    const network = new SlowNetwork(2);
    const stopping = await run(network, { command: () => (network.started < 7 ? "run" : "stop") });
    expect(stopping.outcome).toBe("stopped");
    expect(stopping.reports.length).toBe(7);
    const { boundary, checkpoint } = stopping.saved.at(-1) as (typeof stopping.saved)[number];
    expect([boundary, checkpoint.step]).toEqual(["stop", 7]);
    const { reports, saved } = await run(network, { resume: { ...checkpoint, seconds: 1 } });
    const whole = await run(new SlowNetwork(2));
    expect([...stopping.reports, ...reports].map(({ loss }) => loss)).toEqual(whole.reports.map(({ loss }) => loss));
    expect(saved.at(-1)).toEqual(whole.saved.at(-1));
  });

  it.each([1, 2])("ends with the step whose loss is not finite, with %i under way", async (stepsInFlight) => {
    const network = new SlowNetwork(stepsInFlight, 7);
    const { outcome, reports, saved } = await run(network);
    expect(String(outcome)).toMatch(/The loss became NaN at step 8 of 15 .* Try a smaller lr/);
    expect(reports.map(({ step }) => step)).toEqual([1, 2, 3, 4, 5, 6, 7]);
    expect(saved.map(({ checkpoint }) => checkpoint.step)).toEqual([5]);
    expect(network.underWay).toBe(0);
  });

  it.each([1, 2])("says at which step the images ran out, with %i under way", async (stepsInFlight) => {
    const dry = makeCell({ ...cell, alpha: 0, poolSize: 11 });
    const { outcome, reports } = await run(new SlowNetwork(stepsInFlight), {
      cell: dry,
      pool: wholePool(images(11, 100)),
    });
    expect(String(outcome)).toMatch(/At step 4 no image was left .* after 3 of 5 steps/);
    expect(reports.map(({ syntheticImages }) => syntheticImages)).toEqual([4, 4, 3]);
  });
});
