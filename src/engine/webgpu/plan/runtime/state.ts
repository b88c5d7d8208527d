import { type Architecture, stateLayout } from "../../../../networks/architecture.ts";
import { checkState } from "../../../batch.ts";
import type { StateDict } from "../../../network.ts";
import type { Gpu } from "../../gpu.ts";
import type { Segment } from "../lowering/arena.ts";
import type { NetworkSlots } from "../lowering/networkSlots.ts";
import type { ParameterLayout } from "../lowering/parameterLayout.ts";
import { readTensor, type StateTensorPlace, stateTensors, writeTensor } from "../lowering/stateTensors.ts";
import type { HeadGradients } from "./head.ts";
import type { Memory } from "./memory.ts";
import { Readback } from "./readback.ts";

/** A network's arenas as a state_dict, and the head's tensors between its arenas and tfjs. */
export class State {
  private readonly tensors: readonly StateTensorPlace[];

  constructor(
    private readonly gpu: Gpu,
    private readonly architecture: Architecture,
    private readonly layout: ParameterLayout,
    private readonly slots: NetworkSlots,
    private readonly memory: Memory,
  ) {
    this.tensors = stateTensors(layout);
  }

  /** Parameters, running statistics and, if asked for, `momentum/NAME` of every trained tensor. */
  async read({ momenta }: { momenta: boolean }): Promise<StateDict> {
    const { device, faults } = this.gpu;
    const arenas = [this.slots.parameters, this.slots.running, ...(momenta ? [this.slots.momenta] : [])];
    const readback = new Readback(
      device,
      arenas.reduce((sum, { bytes }) => sum + bytes, 0),
    );
    try {
      const encoder = device.createCommandEncoder();
      for (const slot of arenas) readback.copy(encoder, this.memory.of(slot), slot.bytes / 4);
      device.queue.submit([encoder.finish()]);
      const [trained, running, velocities] = await faults.during(readback.read());
      return this.collect({ trained: trained as Float32Array, running: running as Float32Array }, velocities);
    } finally {
      readback.destroy();
    }
  }

  /** Takes every tensor from `state`; momenta that it lacks become 0. @throws RangeError naming what does not fit */
  write(state: StateDict): void {
    checkState(state, stateLayout(this.architecture));
    const arenas = {
      trained: new Float32Array(this.layout.trained.length),
      running: new Float32Array(this.layout.running.length),
    };
    const momenta = new Float32Array(this.layout.trained.length);
    for (const tensor of this.tensors) {
      const { data } = state.get(tensor.name) as { data: Float32Array };
      writeTensor(arenas[tensor.arena], tensor, data);
      const momentum = state.get(`momentum/${tensor.name}`);
      if (momentum) writeTensor(momenta, tensor, momentum.data);
    }
    const { queue } = this.gpu.device;
    const { slots, memory, layout } = this;
    queue.writeBuffer(memory.of(slots.parameters), 0, arenas.trained);
    queue.writeBuffer(memory.of(slots.running), 0, arenas.running);
    queue.writeBuffer(memory.of(slots.momenta), 0, momenta);
    const head = ({ offset, length }: Segment) => arenas.trained.subarray(offset, offset + length);
    queue.writeBuffer(memory.of(slots.headWeight), 0, head(layout.headWeight));
    queue.writeBuffer(memory.of(slots.headBias), 0, head(layout.headBias));
  }

  /** Records the copies of the head's gradients into the gradient arena: one update treats all parameters. */
  takeHeadGradients(encoder: GPUCommandEncoder, { dWeight, dBias }: HeadGradients): void {
    const { headWeight, headBias } = this.layout;
    const gradients = this.memory.of(this.slots.gradients);
    encoder.copyBufferToBuffer(dWeight, 0, gradients, headWeight.offset * 4, headWeight.length * 4);
    encoder.copyBufferToBuffer(dBias, 0, gradients, headBias.offset * 4, headBias.length * 4);
  }

  /** Records the copies of the updated head to where tfjs computes with it: tfjs cannot use a part of a buffer. */
  giveHead(encoder: GPUCommandEncoder): void {
    const { headWeight, headBias } = this.layout;
    const { slots, memory } = this;
    const parameters = memory.of(slots.parameters);
    const [weight, bias] = [memory.of(slots.headWeight), memory.of(slots.headBias)];
    encoder.copyBufferToBuffer(parameters, headWeight.offset * 4, weight, 0, headWeight.length * 4);
    encoder.copyBufferToBuffer(parameters, headBias.offset * 4, bias, 0, headBias.length * 4);
  }

  private collect(arenas: { trained: Float32Array; running: Float32Array }, momenta?: Float32Array): StateDict {
    const state: StateDict = new Map();
    for (const tensor of this.tensors) {
      state.set(tensor.name, { shape: tensor.shape, data: readTensor(arenas[tensor.arena], tensor) });
    }
    if (!momenta) return state;
    for (const tensor of this.tensors) {
      if (tensor.arena !== "trained") continue;
      state.set(`momentum/${tensor.name}`, { shape: tensor.shape, data: readTensor(momenta, tensor) });
    }
    return state;
  }
}
