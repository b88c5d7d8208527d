/**
 * Heavy jobs of the three workers take turns by one Web Lock per slice, on wasm as on a GPU: two jobs at once on the
 * same cores finish later than one after the other.
 */
export function turn<T>(work: () => Promise<T>): Promise<T> {
  return navigator.locks.request("sio-machine", work) as Promise<T>;
}
