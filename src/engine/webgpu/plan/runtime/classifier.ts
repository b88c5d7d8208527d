import type { Architecture } from "../../../../networks/architecture.ts";
import type { Forward, InputGradient, Normalisation, SgdHyper, StateDict } from "../../../network.ts";
import { compileTrunk } from "../../../plan/compile.ts";
import { activate } from "../../../tfjs.ts";
import { BindGroupCache } from "../../bindGroupCache.ts";
import type { Gpu } from "../../gpu.ts";
import { levelTable } from "../../kernels/step/augment.ts";
import { ALIGNMENT, type Lowered, lower } from "../lowering/lower.ts";
import { ParameterLayout } from "../lowering/parameterLayout.ts";
import { checkBatch } from "./checks.ts";
import { Dispatches, type Foreign } from "./dispatches.ts";
import { type HeadGradients, type LogitsLoss, SharedHead } from "./head.ts";
import { Inputs } from "./inputs.ts";
import { Memory } from "./memory.ts";
import { Pace } from "./pace.ts";
import { Pipelines } from "./pipelines.ts";
import { Readback } from "./readback.ts";
import { Shapes } from "./shapes.ts";
import { State } from "./state.ts";

type PassName = keyof Lowered["passes"];

/** What comes back of a call, in the order in which it was copied. */
type Numbers = [Float32Array, Float32Array, Float32Array];

/** The images of a call; `write` hands them over when the call is queued. */
export interface BatchImages {
  readonly n: number;
  readonly write: (inputs: Inputs) => void;
}

/** A call that the GPU has been given. Another one may be queued before the result is there, but not a third. */
export interface Queued<T> {
  readonly result: Promise<T>;
}

/**
 * A trunk with its head on a GPU. Memory is made here, once; a pass's kernels are compiled when it first runs, so that
 * who only evaluates does not wait for the training step. One call at a time is queued, which its owner sees to.
 */
export class GpuClassifier {
  readonly maxBatch: number;
  readonly lowered: Lowered;
  private readonly inputs: Inputs;
  private readonly layout: ParameterLayout;
  private readonly memory: Memory;
  private readonly shapes: Shapes;
  private readonly state: State;
  private readonly head: SharedHead;
  private readonly readbacks: Readback[];
  private readonly pace: Pick<Pace, "flops" | "watch">;
  private readonly passes = new Map<PassName, Promise<Dispatches>>();
  private readonly groups = { training: new BindGroupCache(), evaluation: new BindGroupCache() };
  private disposed = false;

  /** @throws RangeError if the device cannot hold the network at this batch size */
  constructor(
    private readonly gpu: Gpu,
    readonly architecture: Architecture,
    options: {
      readonly maxBatch: number;
      readonly normalisation: Normalisation;
      /** How much one command buffer holds; learnt by default. */
      readonly pace?: Pick<Pace, "flops" | "watch">;
    },
  ) {
    const { device, tfjs } = gpu;
    const { trunk, classes } = architecture;
    const levels = levelTable(options.normalisation);
    this.maxBatch = options.maxBatch;
    this.pace = options.pace ?? new Pace();
    this.layout = new ParameterLayout(compileTrunk(trunk, ALIGNMENT), classes);
    this.lowered = lower(this.layout, this.maxBatch, device.limits);
    const { slots, passes, inputGradient } = this.lowered;
    const { augment, forward, backward, evaluation, probeForward, probeBackward } = passes;
    const sequences = [augment, [...forward, ...backward], evaluation, [...probeForward, ...probeBackward]];
    this.memory = new Memory(
      device,
      sequences,
      Object.values(slots).filter(({ lasts }) => lasts === "kept"),
    );
    const calls = Object.values(passes).flat();
    this.shapes = new Shapes(
      device,
      calls.map(({ kernel }) => kernel),
    );
    device.queue.writeBuffer(this.memory.of(slots.levels), 0, levels);
    this.inputs = new Inputs(device, trunk, slots, this.memory);
    this.state = new State(gpu, architecture, this.layout, slots, this.memory);
    const buffers = {
      features: this.memory.of(slots.features),
      weight: this.memory.of(slots.headWeight),
      bias: this.memory.of(slots.headBias),
    };
    const width = this.layout.features.channels;
    activate("webgpu");
    this.head = new SharedHead(tfjs, buffers, classes, width);
    const bytes = inputGradient.slot.bytes + 4 * (1 + this.maxBatch * (classes + width));
    this.readbacks = [new Readback(device, bytes), new Readback(device, bytes)];
  }

  /** Bytes of all buffers that this network owns. */
  get bytes(): number {
    return this.memory.bytes + this.shapes.bytes;
  }

  /**
   * One training step, in one command buffer where the GPU is fast enough: forward, head and loss, backward, SGD, running statistics. Its result is
   * the mean loss, and the logits [n][classes] of the training-mode forward pass.
   */
  async train(
    { n, write }: BatchImages,
    loss: LogitsLoss,
    hyper: SgdHyper,
  ): Promise<Queued<{ loss: number; logits: Float32Array }>> {
    const [augment, forward, backward] = await this.ready(n, "augment", "forward", "backward");
    const { state } = this;
    const readback = this.submit(this.groups.training, (readback) => {
      write(this.inputs);
      this.inputs.writeStep(n, hyper);
      this.record((encoder) => this.inputs.record(encoder, n, augment));
      this.recordPass(forward, n);
      const gradients = this.head.gradients(n, loss);
      this.record((encoder) => state.takeHeadGradients(encoder, gradients));
      this.recordPass(backward, n, this.foreign(gradients));
      this.record((encoder) => {
        state.giveHead(encoder);
        readback.copy(encoder, gradients.loss, 1);
        readback.copy(encoder, gradients.logits, n * this.architecture.classes);
      });
    });
    const read = this.read(readback, forward.flops(n) + backward.flops(n));
    return { result: read.then(([mean, logits]) => ({ loss: mean[0] as number, logits })) };
  }

  /** Features [n][featureDim] and logits [n][classes] in evaluation mode. */
  async evaluate({ n, write }: BatchImages): Promise<Queued<Forward>> {
    const [augment, evaluation] = await this.ready(n, "augment", "evaluation");
    const readback = this.submit(this.groups.evaluation, (readback) => {
      write(this.inputs);
      this.inputs.writeStep(n);
      this.record((encoder) => this.inputs.record(encoder, n, augment));
      this.recordPass(evaluation, n);
      const logits = this.head.logits(n);
      this.record((encoder) => this.copyOutputs(readback, encoder, n, logits));
    });
    const read = this.read(readback, evaluation.flops(n));
    return { result: read.then(([features, logits]) => this.outputs(features, logits)) };
  }

  /**
   * The gradient of a loss by the normalised images, [n][height][width][3], in evaluation mode, with features and
   * logits.
   */
  async inputGradient({ n, write }: BatchImages, loss: LogitsLoss): Promise<Queued<InputGradient>> {
    const [augment, forward, backward] = await this.ready(n, "augment", "probeForward", "probeBackward");
    const { slot, view } = this.lowered.inputGradient;
    const { height, width, channels } = view.root;
    const readback = this.submit(this.groups.evaluation, (readback) => {
      write(this.inputs);
      this.inputs.writeStep(n);
      this.record((encoder) => this.inputs.record(encoder, n, augment));
      this.recordPass(forward, n);
      const gradients = this.head.gradients(n, loss);
      this.recordPass(backward, n, this.foreign(gradients));
      this.record((encoder) => {
        this.copyOutputs(readback, encoder, n, gradients.logits);
        readback.copy(encoder, this.memory.of(slot), n * height * width * channels);
      });
    });
    const finish = ([features, logits, gradient]: Numbers) => {
      return { ...this.outputs(features, logits), gradient: lanes(gradient, channels, view.lanes) };
    };
    return { result: this.read(readback, forward.flops(n) + backward.flops(n)).then(finish) };
  }

  exportState(options: { momenta: boolean }): Promise<StateDict> {
    return this.state.read(options);
  }

  importState(state: StateDict): void {
    this.state.write(state);
  }

  dispose(): void {
    this.disposed = true;
    this.head.dispose();
    for (const cache of Object.values(this.groups)) cache.clear();
    for (const readback of this.readbacks) readback.destroy();
    this.shapes.destroy();
    this.memory.destroy();
  }

  /** The passes, compiled. */
  private async ready<N extends PassName[]>(n: number, ...names: N): Promise<{ [I in keyof N]: Dispatches }> {
    checkBatch(n, this.maxBatch);
    const { faults } = this.gpu;
    const passes = await faults.during(Promise.all(names.map((name) => this.pass(name))));
    if (this.disposed) throw new Error("This network was disposed.");
    return passes as { [I in keyof N]: Dispatches };
  }

  private pass(name: PassName): Promise<Dispatches> {
    const known = this.passes.get(name);
    if (known) return known;
    const { device } = this.gpu;
    const calls = this.lowered.passes[name];
    const made = Dispatches.create(device, calls, Pipelines.on(device), this.memory, this.shapes, this.maxBatch);
    this.passes.set(name, made);
    made.catch(() => this.passes.delete(name));
    return made;
  }

  /** Records `work` and queues it. Returns where its numbers will be. */
  private submit(groups: BindGroupCache, work: (readback: Readback) => void): Readback {
    const [readback, other] = this.readbacks as [Readback, Readback];
    this.readbacks.splice(0, 2, other, readback);
    readback.reset();
    activate("webgpu");
    this.gpu.tfjs.submitOnce(groups, () => work(readback));
    return readback;
  }

  private record(encode: (encoder: GPUCommandEncoder) => void): void {
    this.gpu.tfjs.record(encode);
  }

  /** Records a pass, in command buffers that are not too long for this GPU. */
  private recordPass(pass: Dispatches, n: number, foreign?: Foreign): void {
    for (const [i, part] of pass.parts(n, this.pace.flops).entries()) {
      if (i > 0) this.gpu.tfjs.submitPart();
      this.record((encoder) => part.record(encoder, n, foreign));
    }
  }

  private foreign({ dFeatures }: HeadGradients): Foreign {
    return new Map([[this.lowered.slots.dFeatures, dFeatures]]);
  }

  private copyOutputs(readback: Readback, encoder: GPUCommandEncoder, n: number, logits: GPUBuffer): void {
    readback.copy(encoder, this.memory.of(this.lowered.slots.features), n * this.layout.features.channels);
    readback.copy(encoder, logits, n * this.architecture.classes);
  }

  private outputs(features: Float32Array, logits: Float32Array): Forward {
    const { channels, lanes: used } = this.layout.features;
    return { features: lanes(features, channels, used), logits };
  }

  private async read(readback: Readback, flops: number): Promise<Numbers> {
    return (await this.pace.watch(flops, this.gpu.faults.during(readback.read()))) as Numbers;
  }
}

/** The columns `used` of rows of `width`. */
function lanes(rows: Float32Array, width: number, used: readonly number[]): Float32Array {
  if (used.length === width) return rows;
  const result = new Float32Array((rows.length / width) * used.length);
  let to = 0;
  for (let row = 0; row < rows.length; row += width) {
    for (const lane of used) result[to++] = rows[row + lane] as number;
  }
  return result;
}
