import { writeFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import type { Case } from "./case.ts";
import { convCase } from "./cases/conv.ts";
import { gemmCase } from "./cases/gemm.ts";
import { networkCase } from "./cases/network.ts";
import { sampleCase } from "./cases/sample.ts";
import { scoreCase } from "./cases/score.ts";
import { describeMachine } from "./machine.ts";
import type { BenchRow } from "./measure/rows.ts";
import { messageOf, play } from "./measure/run.ts";
import { table } from "./measure/table.ts";
import { BadOption, type BenchOptions, type CaseName, HELP, readOptions } from "./options.ts";
import { prepare } from "./prepare.ts";
import type { Surroundings } from "./surroundings.ts";

const cases: Record<CaseName, Case> = {
  train: networkCase("train"),
  infer: networkCase("infer"),
  gemm: gemmCase,
  conv: convCase,
  score: scoreCase,
  sample: sampleCase,
};

/** Runs the command line; resolves with the exit code: 0 measured, 1 something failed, 2 a bad option. */
export async function main(args: readonly string[], surroundings: Surroundings): Promise<number> {
  try {
    const options = readOptions(args, availableParallelism());
    if (options === null) console.log(HELP);
    return options === null ? 0 : await measure(options, surroundings);
  } catch (error) {
    console.error(messageOf(error));
    return error instanceof BadOption ? 2 : 1;
  }
}

async function measure(options: BenchOptions, surroundings: Surroundings): Promise<number> {
  await surroundings.buildKernels();
  const { bench, lines, failures } = await prepare(options, await describeMachine(), surroundings);
  console.log(`${lines.join("\n")}\n`);
  const failed = [...failures];
  const rows: BenchRow[] = [];
  try {
    for (const name of options.cases) {
      for (const match of await cases[name](bench)) {
        const outcome = await play(match, options, (text) => console.error(text));
        rows.push(...outcome.rows);
        failed.push(...outcome.failures);
      }
    }
  } finally {
    bench.torch?.stop();
    await bench.host.close();
  }
  console.log(table(rows));
  if (options.json !== null) writeFileSync(options.json, `${JSON.stringify(rows, null, 2)}\n`);
  if (rows.length === 0) failed.push("Nothing was measured: no backend of those asked for works here.");
  for (const failure of failed) console.error(`failed: ${failure}`);
  return failed.length > 0 ? 1 : 0;
}
