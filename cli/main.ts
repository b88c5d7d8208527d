import { Command, CommanderError } from "commander";
import { messageOf } from "../src/study/errors.ts";
import { VERSION } from "../src/study/version.ts";
import { BadInput } from "./context.ts";
import { addEvaluateCommand } from "./evaluate.ts";
import { addFidelityCommand } from "./fidelity/fidelity.ts";
import { addImportCommand } from "./import.ts";
import { addInspectCommand } from "./inspect/inspect.ts";
import { Interrupted } from "./interruption.ts";
import { addRunCommand } from "./run.ts";
import { addSampleCommand } from "./sample/sample.ts";
import { addScoreCommand } from "./score.ts";
import { addStudyCommand } from "./study.ts";

/** The `sio` command. Exit codes: 0 done · 1 the run failed · 2 bad input · 130 interrupted (CLI.md). */
export async function main(args: readonly string[]): Promise<number> {
  const program = new Command("sio")
    .description("SIO Workbench, headless: the same rooms as the browser's workers, in Node.")
    .version(VERSION)
    .exitOverride();
  addStudyCommand(program);
  addImportCommand(program);
  addRunCommand(program);
  addScoreCommand(program);
  addEvaluateCommand(program);
  addInspectCommand(program);
  addSampleCommand(program);
  addFidelityCommand(program);
  for (const command of program.commands) command.exitOverride();
  try {
    await program.parseAsync([...args], { from: "user" });
    return Number(process.exitCode ?? 0);
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    process.stderr.write(`${messageOf(error)}\n`);
    if (error instanceof Interrupted) return 130;
    return error instanceof BadInput ? 2 : 1;
  }
}
