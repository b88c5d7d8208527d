import { type Tensor, tensor, type Variable, variable, zeros } from "@tensorflow/tfjs-core";
import type { StateTensor } from "../../networks/architecture.ts";
import { checkState } from "../batch.ts";
import type { StateDict } from "../network.ts";
import { hwioToOihw, oihwToHwio } from "./layout.ts";

/**
 * The tensors of one network on the current tfjs backend, by state_dict name: trained parameters with their momenta,
 * and running statistics. Convolution weights (and their momenta) are kept as [kh][kw][in][out].
 */
export class Parameters {
  private readonly values = new Map<string, Variable>();
  private readonly momenta = new Map<string, Variable>();

  /** All zeros. */
  constructor(private readonly layout: readonly StateTensor[]) {
    for (const entry of layout) {
      const shape = deviceShape(entry);
      this.values.set(entry.name, zeroVariable(shape, entry.trained));
      if (entry.trained) this.momenta.set(entry.name, zeroVariable(shape, false));
    }
  }

  get(name: string): Variable {
    return found(this.values, name);
  }

  momentum(name: string): Variable {
    return found(this.momenta, name);
  }

  /** Names of the trained parameters, in state_dict order. */
  get trained(): string[] {
    return [...this.momenta.keys()];
  }

  /** Copies to the CPU, in PyTorch's layouts. */
  async read(options: { momenta: boolean }): Promise<StateDict> {
    const reads = this.layout.map(async (entry) => [entry.name, entry, await this.get(entry.name).data()] as const);
    if (options.momenta) {
      for (const entry of this.layout.filter(({ trained }) => trained)) {
        reads.push(this.readMomentum(entry));
      }
    }
    const state: StateDict = new Map();
    for (const [name, { kind, shape }, data] of await Promise.all(reads)) {
      const floats = data as Float32Array;
      state.set(name, { shape, data: kind === "conv" ? hwioToOihw(floats, shape) : floats.slice() });
    }
    return state;
  }

  private async readMomentum(entry: StateTensor) {
    return [`momentum/${entry.name}`, entry, await this.momentum(entry.name).data()] as const;
  }

  /** Overwrites everything, after the whole state has been checked. Missing momenta become 0. Throws a RangeError. */
  write(state: StateDict): void {
    checkState(state, this.layout);
    for (const entry of this.layout) {
      assign(this.get(entry.name), entry, state.get(entry.name)?.data);
      if (entry.trained) assign(this.momentum(entry.name), entry, state.get(`momentum/${entry.name}`)?.data);
    }
  }

  dispose(): void {
    for (const value of this.values.values()) value.dispose();
    for (const value of this.momenta.values()) value.dispose();
  }
}

function found(map: Map<string, Variable>, name: string): Variable {
  const value = map.get(name);
  if (!value) throw new RangeError(`The network has no tensor "${name}".`);
  return value;
}

function deviceShape({ kind, shape }: StateTensor): number[] {
  if (kind !== "conv") return [...shape];
  const [cout = 0, cin = 0, kh = 0, kw = 0] = shape;
  return [kh, kw, cin, cout];
}

function zeroVariable(shape: number[], trainable: boolean): Variable {
  return consume(zeros(shape), (initial) => variable(initial, trainable));
}

function assign(target: Variable, entry: StateTensor, data: Float32Array | undefined): void {
  const values = !data
    ? new Float32Array(target.size)
    : entry.kind === "conv"
      ? oihwToHwio(data, entry.shape)
      : data.slice();
  consume(tensor(values, target.shape), (value) => target.assign(value));
}

function consume<T>(value: Tensor, use: (value: Tensor) => T): T {
  const result = use(value);
  value.dispose();
  return result;
}
