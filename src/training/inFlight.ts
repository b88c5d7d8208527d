/**
 * Keeps up to `limit` pieces of work under way, so that a device computes one while the next is prepared. Resolves when
 * there is no more work and all results are taken.
 *
 * When a piece fails, its error is thrown once the results before it are taken; what was started after it is waited for
 * and dropped.
 *
 * @param start begins the next piece; null = there is none at the moment. Asked again only by another call.
 * @param take gets the results in the order in which the pieces were started
 * @param breathe called between two pieces
 */
export async function inFlight<T>(
  limit: number,
  start: () => Promise<T> | null,
  take: (result: T) => void,
  breathe: () => Promise<void>,
): Promise<void> {
  const pieces: Promise<T>[] = [];
  const takeOldest = async () => take(await (pieces.shift() as Promise<T>));
  try {
    for (let piece = start(); piece !== null; piece = start()) {
      // Handled when its turn comes: until then a rejection must not count as one that nobody handles.
      piece.catch(() => {});
      pieces.push(piece);
      if (pieces.length === limit) await takeOldest();
      await breathe();
    }
    while (pieces.length > 0) await takeOldest();
  } finally {
    await Promise.allSettled(pieces);
  }
}
