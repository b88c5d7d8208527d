import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { createInterface } from "node:readline";
import { z } from "zod";
import type { Params } from "../../src/study/result.ts";
import type { Contestant } from "../measure/contestant.ts";

const Hello = z.object({
  torch: z.string(),
  python: z.string(),
  onednn: z.boolean(),
  /** Which library multiplies matrices: "mkl", "open", "generic"; null where it does not say. */
  blas: z.string().nullable(),
  /** Name of the GPU. */
  cuda: z.string().nullable(),
});
const Opened = z.object({
  handle: z.number(),
  facts: z.object({ parameters: z.number().optional(), sample: z.array(z.number()).optional() }),
});
const Turned = z.object({ seconds: z.number().positive() });
const Failed = z.object({ error: z.string() });

/** What PyTorch can be asked to do; see torchPeer.py. */
export type TorchWork =
  | {
      readonly kind: "train" | "infer";
      readonly width: number;
      readonly classes: number;
      readonly imageSize: number;
      readonly batch: number;
    }
  | {
      readonly kind: "conv";
      readonly pass: "forward" | "dX" | "dW";
      readonly batch: number;
      readonly cin: number;
      readonly cout: number;
      readonly size: number;
      readonly kernel: number;
      readonly stride: number;
      readonly padding: number;
    }
  | { readonly kind: "gemm"; readonly m: number; readonly n: number; readonly k: number }
  | {
      /** A detector of detectorPeer.py: fit on train or val, then score the first `count` test images. */
      readonly kind: "score";
      readonly detector: string;
      readonly params: Params;
      /** Where the features, logits and labels lie as raw files. */
      readonly folder: string;
      readonly dim: number;
      readonly classes: number;
      readonly count: number;
    };

/** A Python process with PyTorch that stays alive between turns. */
export class Torch {
  private readonly waiting: { resolve: (line: string) => void; reject: (error: Error) => void }[] = [];
  private ended: Error | null = null;

  private constructor(
    private readonly child: ChildProcess,
    readonly python: string,
  ) {
    if (!child.stdout) throw new Error("PyTorch was started without a pipe.");
    createInterface({ input: child.stdout }).on("line", (line) => this.waiting.shift()?.resolve(line));
    child.once("error", (error) => this.end(error));
    child.once("exit", (code) => this.end(new Error(`The PyTorch process ended with code ${code}.`)));
  }

  /** What answered `hello`. */
  facts: z.infer<typeof Hello> = { torch: "", python: "", onednn: false, blas: null, cuda: null };

  /** PyTorch in the first of `pythons` that has it; null where none has. */
  static async start(pythons: readonly string[], script: string): Promise<Torch | null> {
    for (const python of pythons) {
      const probe = spawnSync(python, ["-c", "import torch"], { stdio: "ignore" });
      if (probe.status !== 0) continue;
      const torch = new Torch(spawn(python, [script], { stdio: ["pipe", "pipe", "inherit"] }), python);
      torch.facts = Hello.parse(await torch.ask({ op: "hello" }));
      return torch;
    }
    return null;
  }

  /** Opens work on `device`; `expected` parameters prove that it is the same network. */
  async open(
    work: TorchWork,
    on: {
      readonly device: "cpu" | "cuda";
      readonly deviceName: string;
      readonly threads: number;
      readonly parameters?: number;
      /** Tells two ways of the same work apart. */
      readonly by?: string;
      /** Confidences that its first ones must equal. */
      readonly sample?: Float32Array;
    },
  ): Promise<Contestant> {
    const order = { op: "open", work: { ...work, device: on.device }, threads: on.threads };
    const { handle, facts } = Opened.parse(await this.ask(order));
    if (on.parameters !== undefined && facts.parameters !== on.parameters) {
      throw new Error(`PyTorch's network has ${facts.parameters} parameters, ours ${on.parameters}: not the same.`);
    }
    if (on.sample) checkSample(on.sample, facts.sample ?? []);
    return {
      name: ["PyTorch", this.facts.torch, on.device.toUpperCase(), on.by ?? ""].join(" ").trim(),
      device: on.deviceName,
      threads: on.threads,
      turn: async (times) => Turned.parse(await this.ask({ op: "turn", handle, times })).seconds,
      close: async () => void (await this.ask({ op: "close", handle })),
    };
  }

  stop(): void {
    this.child.stdin?.end();
  }

  private async ask(order: object): Promise<unknown> {
    if (this.ended) throw this.ended;
    const line = await new Promise<string>((resolve, reject) => {
      this.waiting.push({ resolve, reject });
      this.child.stdin?.write(`${JSON.stringify(order)}\n`);
    });
    const answer: unknown = JSON.parse(line);
    const failure = Failed.safeParse(answer);
    if (failure.success) throw new Error(`PyTorch: ${failure.data.error}`);
    return answer;
  }

  private end(error: Error): void {
    this.ended ??= error;
    for (const { reject } of this.waiting.splice(0)) reject(this.ended);
  }
}

/** @throws Error where the peer does other work: a confidence that differs from ours by more than float32 explains */
function checkSample(ours: Float32Array, theirs: readonly number[]): void {
  const count = Math.min(ours.length, theirs.length);
  if (count === 0) throw new Error("PyTorch's detector gave no confidence to compare with ours.");
  for (let i = 0; i < count; i++) {
    const [own, other] = [ours[i] as number, theirs[i] as number];
    if (Math.abs(own - other) > 1e-3 * Math.max(1, Math.abs(own))) {
      throw new Error(`PyTorch's detector gives image ${i} the confidence ${other}, ours ${own}: not the same.`);
    }
  }
}
