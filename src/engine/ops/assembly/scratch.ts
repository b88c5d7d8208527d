/** Every instance has its own globals, so this is the thread's. */
let scratch: usize = 0;

/** Tells a thread where its own work space lies. */
export function setScratch(address: usize): void {
  scratch = address;
}

/** Work space that no other thread touches; what it holds is anything. */
// @ts-ignore: decorator
@inline
export function threadScratch(): usize {
  return scratch;
}
