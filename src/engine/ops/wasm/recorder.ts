import type { Task } from "../../dense/threadProtocol.ts";
import { Arena } from "./arena.ts";
import type { Team } from "./team.ts";

/** Where things lie at the beginning of the memory: barrier, a counter per task, tables. */
const BARRIER = 256;
const COUNTERS = 4096;
const MOST_TASKS = 8192;
const TABLES = 65536;
const TABLE_INTS = 1 << 18;
export const RESERVED = TABLES + 4 * TABLE_INTS;

/**
 * Kernel calls in the order in which they are recorded; `flush` runs them. A kernel is an export of
 * ops/assembly/kernels.ts: it takes the call's arguments, then the first item and one past the last that it is to
 * compute. What it computes for an item must depend on nothing but the arguments and the item, so that the bits do not
 * depend on threads. Tasks wait for each other; the calls of one task do not: they go over the same items.
 */
export class Recorder {
  readonly arena = new Arena(RESERVED);
  private tasks: Task[] = [];
  private table: number[] = [];
  private known = new Map<string, number>();
  private scratch = 0;
  private share = 0;
  private last: Promise<void> = Promise.resolve();
  private broken: Error | null = null;
  private readonly team: Team;

  constructor(teamOn: (memory: WebAssembly.Memory) => Team) {
    this.team = teamOn(this.arena.memory);
  }

  get threads(): number {
    return this.team.threads;
  }

  get failure(): Error | null {
    return this.broken ?? this.team.failure;
  }

  /** @param scratchBytes of work space that each thread needs, at threadScratch() */
  record(task: Task, scratchBytes = 0): void {
    if (this.failure) throw this.failure;
    if (scratchBytes > this.share) this.widen(scratchBytes);
    if (task.items > 0) this.tasks.push(task);
    // Tables belong to a list, so it ends behind a task.
    if (this.tasks.length >= MOST_TASKS || this.table.length > TABLE_INTS / 2) void this.seal();
  }

  /** Address of int32 numbers that the next task reads, and no task of later records unless it asks again. */
  ints(numbers: readonly number[]): number {
    const key = numbers.join();
    let at = this.known.get(key);
    if (at === undefined) {
      at = this.table.length;
      for (const number of numbers) this.table.push(number);
      if (this.table.length > TABLE_INTS) throw new RangeError("An operation's tables are too large.");
      this.known.set(key, at);
    }
    return TABLES + 4 * at;
  }

  /** Runs what was recorded; resolves when it is done. Rejects when a thread fails, now or before. */
  flush(): Promise<void> {
    if (this.failure) return Promise.reject(this.failure);
    return this.seal();
  }

  /** Nothing runs afterwards. */
  stop(reason: Error): void {
    this.broken ??= reason;
    this.team.stop(reason);
  }

  /** The list recorded so far goes to the threads as soon as they have done the one before. */
  private seal(): Promise<void> {
    const { tasks, table, scratch, share } = this;
    this.tasks = [];
    this.table = [];
    this.known = new Map();
    const recording = this.arena.nextRecording();
    const turn = this.last.then(async () => {
      await this.run(tasks, table, scratch, share);
      this.arena.complete(recording);
    });
    // Who reads is told; without a reader the failure is kept for the next call.
    this.last = turn;
    turn.catch((error: Error) => {
      this.broken ??= error;
    });
    return turn;
  }

  private async run(tasks: readonly Task[], table: readonly number[], scratch: number, share: number): Promise<void> {
    if (this.failure) throw this.failure;
    if (tasks.length === 0) return;
    const words = new Int32Array(this.arena.memory.buffer, 0, RESERVED / 4);
    words.fill(0, COUNTERS / 4, COUNTERS / 4 + tasks.length);
    words.set(table, TABLES / 4);
    await this.team.run({ tasks, threads: this.team.threads, counters: COUNTERS, barrier: BARRIER }, scratch, share);
  }

  private widen(bytes: number): void {
    if (this.share > 0) this.arena.give(this.scratch);
    // At once: the list may use memory that was freed since it began.
    this.share = Math.ceil(bytes / 4096) * 4096 + 128;
    this.scratch = this.arena.takeNow(this.share * this.threads);
  }
}
