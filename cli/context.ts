import { type Command, InvalidArgumentError, Option } from "commander";
import type { BackendRequest } from "../src/engine/backend.ts";

/** Bad input: one message, exit code 2, nothing written. */
export class BadInput extends Error {}

/** Options that every command takes. */
export interface CommonOptions {
  readonly backend: BackendRequest["backend"];
  readonly threads: number;
  readonly reproducible?: true;
  readonly allowSoftware?: true;
  readonly json?: true;
  readonly quiet?: true;
}

export function withCommonOptions(command: Command): Command {
  return command
    .addOption(
      new Option("--backend <name>", "what computes; auto = hardware webgpu, else wasm; tape = stock tfjs on webgpu")
        .choices(["auto", "webgpu", "wasm", "tape", "cpu"])
        .default("auto"),
    )
    .option("--threads <n>", "kernel threads for wasm; 0 = as many as the machine has, at most 8", integer, 0)
    .option("--reproducible", "plain SIMD: the same bits on every processor")
    .option("--allow-software", "accept a software GPU adapter (tests)")
    .option("--json", "machine-readable output on stdout")
    .option("--quiet", "no progress");
}

export function backendRequest(options: CommonOptions): BackendRequest {
  return {
    backend: options.backend,
    threads: options.threads,
    reproducible: options.reproducible === true,
    allowSoftware: options.allowSoftware === true,
  };
}

export function integer(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 0) throw new InvalidArgumentError("A whole number from 0 on is needed.");
  return value;
}

/** "0,0.5,1" → [0, 0.5, 1]. */
export function numbers(text: string): number[] {
  return text.split(",").map((part) => {
    const value = Number(part);
    if (part.trim() === "" || !Number.isFinite(value)) throw new InvalidArgumentError(`"${part}" is not a number.`);
    return value;
  });
}

/** "a,b" and repeated options → one list. */
export function names(text: string, previous: readonly string[] = []): string[] {
  return [
    ...previous,
    ...text
      .split(",")
      .map((part) => part.trim())
      .filter((part) => part !== ""),
  ];
}

/** Messages on stderr, so that stdout stays a result. */
export function log(options: CommonOptions, text: string): void {
  if (options.quiet !== true) process.stderr.write(`${text}\n`);
}
