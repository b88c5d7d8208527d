/** Spins before sleeping: phases are short, and waking a sleeper costs more than most waits. */
const SPINS = 4000;
/** How long one sleep lasts before looking at the stop word, in ns. */
const NAP: i64 = 200_000_000;
/** Naps without progress before a thread gives up: 10 minutes. */
const NAPS = 3000;

/**
 * Waits until all `threads` kernel threads have come here.
 *
 * control: +0 how many have arrived, +64 the generation, +128 the stop word (own cache lines).
 * @returns 0 = go on; 1 = stop, because another thread failed; 2 = the others did not come
 */
export function barrier(control: usize, threads: i32): i32 {
  const generation = atomic.load<i32>(control, 64);
  if (atomic.add<i32>(control, 1) == threads - 1) {
    atomic.store<i32>(control, 0);
    atomic.store<i32>(control, generation + 1, 64);
    atomic.notify(control + 64, -1);
    return 0;
  }
  for (let i = 0; i < SPINS; i++) if (atomic.load<i32>(control, 64) != generation) return 0;
  for (let nap = 0; nap < NAPS; nap++) {
    if (atomic.load<i32>(control, 128) != 0) return 1;
    atomic.wait<i32>(control + 64, generation, NAP);
    if (atomic.load<i32>(control, 64) != generation) return 0;
  }
  return 2;
}
