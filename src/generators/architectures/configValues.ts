import { CheckpointError, shown } from "../../checkpoints/checkpointError.ts";
import type { CheckpointFile } from "../../checkpoints/checkpointFile.ts";

/** Values by name out of a JSON object or a pickled dictionary that came with a checkpoint; checked as they are read. */
export class ConfigValues {
  /** @param where what they stand in, for messages: "config.json" */
  constructor(
    private readonly where: string,
    private readonly values: ReadonlyMap<string, unknown>,
  ) {}

  get empty(): boolean {
    return this.values.size === 0;
  }

  /** Whether it is there, be it as null. */
  has(name: string): boolean {
    return this.values.has(name);
  }

  /** A finite number; null where it is absent or null. */
  number(name: string): number | null {
    return this.read(name, "a number", (value) => typeof value === "number" && Number.isFinite(value));
  }

  boolean(name: string): boolean | null {
    return this.read(name, "true or false", (value) => typeof value === "boolean");
  }

  text(name: string): string | null {
    return this.read(name, "a string", (value) => typeof value === "string");
  }

  numbers(name: string): readonly number[] | null {
    return this.read(name, "a list of numbers", (value) => Array.isArray(value) && value.every(Number.isFinite));
  }

  /** The values below `name`; without any where it is absent. */
  within(name: string): ConfigValues {
    return new ConfigValues(`${this.where}, ${name}`, entriesOf(this.values.get(name)) ?? new Map());
  }

  private read<T>(name: string, expected: string, fits: (value: unknown) => boolean): T | null {
    const value = this.values.get(name) ?? null;
    if (value === null) return null;
    if (!fits(value)) {
      throw new CheckpointError(`${this.where}: ${name} is ${shown(String(value))}, expected ${expected}.`);
    }
    return value as T;
  }
}

/** What a checkpoint's `config` has under `name`; without any value where there is no such part. */
export function configSection(file: CheckpointFile, name: string): ConfigValues {
  return new ConfigValues(name, entriesOf(file.config.get(name)) ?? new Map());
}

function entriesOf(value: unknown): ReadonlyMap<string, unknown> | null {
  if (value instanceof Map) return value as ReadonlyMap<string, unknown>;
  if (typeof value !== "object" || value === null || Array.isArray(value)) return null;
  return new Map(Object.entries(value));
}
