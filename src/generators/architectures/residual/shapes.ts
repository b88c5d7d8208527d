import { CheckpointError } from "../../../checkpoints/checkpointError.ts";
import type { StateDictFile } from "../../../checkpoints/stateDict.ts";
import { definingShape } from "../keys.ts";
import type { AttentionPlan, SpectralForm, WeightPlan } from "./plan.ts";
import { weightName } from "./planKeys.ts";

/** Reads the sizes of a network off the shapes of its tensors. */
export class Shapes {
  /** @param what the network, for messages: "a StudioGAN generator" */
  constructor(
    readonly file: StateDictFile,
    readonly what: string,
    /** Of a weight whose tensors are all missing. */
    private readonly fallback: SpectralForm,
  ) {}

  has(key: string): boolean {
    return this.file.tensors.has(key);
  }

  /** Under which names the weight of a module is kept. */
  form(name: string): SpectralForm {
    const known = formOf(this.file, name);
    return known ?? this.fallback;
  }

  /** Of a module's weight. @throws CheckpointError where it is missing or has other dimensions */
  weight(name: string, dimensions: number): readonly number[] {
    return definingShape(this.file, this.what, weightName(name, this.form(name)), dimensions);
  }

  layer(name: string, shape: readonly number[], bias = true): WeightPlan {
    return { name, shape, form: this.form(name), bias };
  }

  /** Numbers of the blocks: the K of every "prefix.K.…", from 0 without gaps. */
  count(prefix: string): number {
    const found = new Set<number>();
    for (const key of this.file.tensors.keys()) {
      if (!key.startsWith(`${prefix}.`)) continue;
      const part = key.slice(prefix.length + 1).split(".", 1)[0] ?? "";
      if (/^\d{1,4}$/.test(part)) found.add(Number(part));
    }
    for (let k = 0; k < found.size; k++) {
      if (!found.has(k)) this.fail(`it has ${found.size} of ${prefix}.*, but no ${prefix}.${k}`);
    }
    return found.size;
  }

  /** Side of the first map: its rows are channels · side². */
  side(rows: number, channels: number, name: string): number {
    const side = Math.sqrt(rows / channels);
    if (!Number.isInteger(side) || side < 1) {
      this.fail(`${name} has ${rows} rows, which are not ${channels} channels of a square map`);
    }
    return side;
  }

  attention(
    gain: string,
    modules: readonly [theta: string, phi: string, g: string, out: string],
    channels: number,
  ): AttentionPlan {
    const [theta, phi, g, out] = modules;
    const [keys] = this.weight(theta, 4);
    const [values] = this.weight(g, 4);
    const projection = (name: string, from: number, to: number) => this.layer(name, [to, from, 1, 1], false);
    return {
      kind: "attention",
      gain,
      gainShape: this.file.tensors.get(gain)?.shape.length === 0 ? [] : [1],
      channels,
      theta: projection(theta, channels, keys as number),
      phi: projection(phi, channels, keys as number),
      g: projection(g, channels, values as number),
      out: projection(out, values as number, channels),
    };
  }

  fail(why: string): never {
    throw new CheckpointError(`This looks like ${this.what}, but ${why}.`);
  }
}

/** null where none of the weight's tensors is there. */
export function formOf({ tensors }: StateDictFile, name: string): SpectralForm | null {
  if (["weight_orig", "weight_u", "weight_v"].some((part) => tensors.has(`${name}.${part}`))) return "hook";
  if (tensors.has(`${name}.parametrizations.weight.original`)) return "parametrization";
  if (tensors.has(`${name}.u0`)) return "power";
  return tensors.has(`${name}.weight`) ? "none" : null;
}
