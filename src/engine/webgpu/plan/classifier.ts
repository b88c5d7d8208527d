import type { Architecture } from "../../../networks/architecture.ts";
import type { Forward, InputGradient, Normalisation, SgdHyper, StateDict } from "../../network.ts";
import { compileTrunk } from "../../plan/compile.ts";
import { activate } from "../../tfjs.ts";
import { BindGroupCache } from "../bindGroupCache.ts";
import type { Gpu } from "../gpu.ts";
import { levelTable } from "../kernels/augment.ts";
import { checkBatch } from "./checks.ts";
import { Dispatches, type Foreign } from "./dispatches.ts";
import { type HeadGradients, type LogitsLoss, SharedHead } from "./head.ts";
import { Inputs } from "./inputs.ts";
import { type Lowered, lower } from "./lower.ts";
import { Memory } from "./memory.ts";
import { ParameterLayout } from "./parameterLayout.ts";
import type { Pipelines } from "./pipelines.ts";
import { Readback } from "./readback.ts";
import { State } from "./state.ts";

/** Channels that every WGSL kernel takes at a time. */
const ALIGNMENT = 4;

type Passes = { readonly [P in keyof Lowered["passes"]]: Dispatches };

/**
 * A trunk with its head on a GPU: all memory, pipelines and bind groups are made here, once. The images of a call are
 * written first, by `inputs`; one call at a time, which its owner sees to.
 */
export class GpuClassifier {
  readonly inputs: Inputs;
  readonly state: State;
  private readonly head: SharedHead;
  private readonly readback: Readback;
  private readonly groups = { training: new BindGroupCache(), evaluation: new BindGroupCache() };

  private constructor(
    private readonly gpu: Gpu,
    readonly architecture: Architecture,
    readonly maxBatch: number,
    private readonly layout: ParameterLayout,
    readonly lowered: Lowered,
    private readonly memory: Memory,
    readonly passes: Passes,
  ) {
    const { device, tfjs } = gpu;
    const { slots } = lowered;
    const buffers = {
      features: memory.of(slots.features),
      weight: memory.of(slots.headWeight),
      bias: memory.of(slots.headBias),
    };
    const { classes } = architecture;
    const width = layout.features.channels;
    this.inputs = new Inputs(device, architecture.trunk, slots, memory);
    this.state = new State(gpu, architecture, layout, slots, memory);
    activate("webgpu");
    this.head = new SharedHead(tfjs, buffers, classes, width);
    this.readback = new Readback(device, 4 * (1 + maxBatch * (classes + width)));
  }

  /** @throws RangeError if the device cannot hold the network at this batch size */
  static async create(
    gpu: Gpu,
    architecture: Architecture,
    options: { readonly maxBatch: number; readonly normalisation: Normalisation },
    pipelines: Pipelines,
  ): Promise<GpuClassifier> {
    const { device, faults } = gpu;
    const { maxBatch } = options;
    const levels = levelTable(options.normalisation);
    const layout = new ParameterLayout(compileTrunk(architecture.trunk, ALIGNMENT), architecture.classes);
    const lowered = lower(layout, maxBatch, device.limits);
    const { augment, forward, backward, evaluation, probeForward, probeBackward } = lowered.passes;
    const sequences = [augment, [...forward, ...backward], evaluation, [...probeForward, ...probeBackward]];
    const kept = Object.values(lowered.slots).filter(({ lasts }) => lasts === "kept");
    const memory = new Memory(device, sequences, kept);
    device.queue.writeBuffer(memory.of(lowered.slots.levels), 0, levels);
    const make = (calls: Lowered["passes"]["forward"]) => Dispatches.create(device, calls, pipelines, memory, maxBatch);
    try {
      const passes = await faults.during(
        Promise.all(Object.entries(lowered.passes).map(async ([name, calls]) => [name, await make(calls)] as const)),
      );
      return new GpuClassifier(
        gpu,
        architecture,
        maxBatch,
        layout,
        lowered,
        memory,
        Object.fromEntries(passes) as unknown as Passes,
      );
    } catch (error) {
      memory.destroy();
      throw error;
    }
  }

  /** Bytes of all buffers that this network owns. */
  get bytes(): number {
    return this.memory.bytes;
  }

  /**
   * One training step on the images written before, in one command buffer: forward, head and loss, backward, SGD,
   * running statistics.
   *
   * @returns the mean loss, and the logits [n][classes] of the training-mode forward pass
   */
  async train(n: number, loss: LogitsLoss, hyper: SgdHyper): Promise<{ loss: number; logits: Float32Array }> {
    const { classes } = this.architecture;
    this.begin(n);
    this.gpu.tfjs.submitOnce(this.groups.training, () => {
      this.inputs.writeStep(n, hyper);
      this.record((encoder) => {
        this.inputs.record(encoder, n, this.passes.augment);
        this.passes.forward.record(encoder, n);
      });
      const gradients = this.head.gradients(n, loss);
      this.record((encoder) => {
        this.state.takeHeadGradients(encoder, gradients);
        this.passes.backward.record(encoder, n, this.foreign(gradients));
        this.state.giveHead(encoder);
        this.readback.copy(encoder, gradients.loss, 1);
        this.readback.copy(encoder, gradients.logits, n * classes);
      });
    });
    const [mean, logits] = (await this.read()) as [Float32Array, Float32Array];
    return { loss: mean[0] as number, logits };
  }

  /** Features [n][featureDim] and logits [n][classes] in evaluation mode, of the images written before. */
  async evaluate(n: number): Promise<Forward> {
    this.begin(n);
    this.gpu.tfjs.submitOnce(this.groups.evaluation, () => {
      this.inputs.writeStep(n);
      this.record((encoder) => {
        this.inputs.record(encoder, n, this.passes.augment);
        this.passes.evaluation.record(encoder, n);
      });
      const logits = this.head.logits(n);
      this.record((encoder) => this.copyOutputs(encoder, n, logits));
    });
    return this.outputs();
  }

  /**
   * The gradient of a loss by the normalised images written before, [n][height][width][3], in evaluation mode, with
   * features and logits. Not made for speed: the gradient has a buffer of its own to be read through.
   */
  async inputGradient(n: number, loss: LogitsLoss): Promise<InputGradient> {
    this.begin(n);
    const { slot, view } = this.lowered.inputGradient;
    const floats = n * view.root.height * view.root.width * view.channels;
    const readback = new Readback(this.gpu.device, floats * 4);
    try {
      this.gpu.tfjs.submitOnce(this.groups.evaluation, () => {
        this.inputs.writeStep(n);
        this.record((encoder) => {
          this.inputs.record(encoder, n, this.passes.augment);
          this.passes.probeForward.record(encoder, n);
        });
        const gradients = this.head.gradients(n, loss);
        this.record((encoder) => {
          this.passes.probeBackward.record(encoder, n, this.foreign(gradients));
          this.copyOutputs(encoder, n, gradients.logits);
          readback.copy(encoder, this.memory.of(slot), floats);
        });
      });
      const outputs = await this.outputs();
      const [gradient] = (await this.gpu.faults.during(readback.read())) as [Float32Array];
      return { gradient: lanes(gradient, view.channels, view.lanes), ...outputs };
    } finally {
      readback.destroy();
    }
  }

  exportState(options: { momenta: boolean }): Promise<StateDict> {
    return this.state.read(options);
  }

  importState(state: StateDict): void {
    this.state.write(state);
  }

  dispose(): void {
    this.head.dispose();
    for (const cache of Object.values(this.groups)) cache.clear();
    this.readback.destroy();
    this.memory.destroy();
  }

  private begin(n: number): void {
    checkBatch(n, this.maxBatch);
    this.gpu.faults.check();
    activate("webgpu");
  }

  private record(encode: (encoder: GPUCommandEncoder) => void): void {
    this.gpu.tfjs.record(encode);
  }

  private foreign({ dFeatures }: HeadGradients): Foreign {
    return new Map([[this.lowered.slots.dFeatures, dFeatures]]);
  }

  private copyOutputs(encoder: GPUCommandEncoder, n: number, logits: GPUBuffer): void {
    this.readback.copy(encoder, this.memory.of(this.lowered.slots.features), n * this.layout.features.channels);
    this.readback.copy(encoder, logits, n * this.architecture.classes);
  }

  private async outputs(): Promise<Forward> {
    const [features, logits] = (await this.read()) as [Float32Array, Float32Array];
    const { channels, lanes: used } = this.layout.features;
    return { features: lanes(features, channels, used), logits };
  }

  /** Also the back-pressure: nothing else is queued until the GPU has finished. */
  private read(): Promise<Float32Array[]> {
    return this.gpu.faults.during(this.readback.read());
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
