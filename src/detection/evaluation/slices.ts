/** How long work goes on before it lets others at the machine and at its messages. */
const SLICE_MS = 1000;

/** What a long computation heeds on its way. */
export interface Pace {
  /** Checked between two pieces of work; its reason is what the computation then rejects with. */
  readonly signal?: AbortSignal;
  /** Wraps slices of about a second, so that heavy jobs of several workers take turns. */
  readonly turn?: <T>(work: () => Promise<T>) => Promise<T>;
  /** Called between slices: lets a worker read its messages. */
  readonly breathe?: () => Promise<void>;
}

/** Works through the pieces in order, as many in one turn as a slice has time for. */
export async function inSlices(pieces: Iterable<() => Promise<void>>, pace: Pace): Promise<void> {
  const { signal, turn = (work) => work(), breathe } = pace;
  const iterator = pieces[Symbol.iterator]();
  let next = iterator.next();
  while (next.done !== true) {
    signal?.throwIfAborted();
    await turn(async () => {
      const started = performance.now();
      do {
        await next.value();
        next = iterator.next();
      } while (next.done !== true && performance.now() - started < SLICE_MS && signal?.aborted !== true);
    });
    await breathe?.();
  }
}
