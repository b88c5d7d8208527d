import type { Value } from "./imageOps.ts";

/** Which values of a device are alive, and which scope frees them. */
export class Scopes<V extends Value> {
  private readonly open: Set<V>[] = [];
  /** Of each living value the scope that frees it; null outside of all scopes. */
  private readonly owners = new Map<Value, Set<V> | null>();

  /** @param release gives a value's memory back; called once for each */
  constructor(private readonly release: (value: V) => void) {}

  /** Takes a new value into the innermost scope. */
  own(value: V): V {
    const scope = this.open.at(-1) ?? null;
    scope?.add(value);
    this.owners.set(value, scope);
    return value;
  }

  /** The device's own view of a value. @throws Error if it is not alive here */
  get(value: Value): V {
    if (!this.owners.has(value)) {
      throw new Error(`A value of shape [${value.shape.join(", ")}] was used that is freed or of another device.`);
    }
    return value as V;
  }

  /** Runs `work`, then frees what it made; what it returns goes to the scope around. Frees all if it throws. */
  scope<T extends Value | readonly Value[]>(work: () => T): T {
    const scope = new Set<V>();
    this.open.push(scope);
    try {
      const result = work();
      const outer = this.open.at(-2) ?? null;
      const returned: readonly Value[] = isOne(result) ? [result] : result;
      for (const value of returned) {
        const own = this.get(value);
        if (!scope.delete(own)) continue;
        outer?.add(own);
        this.owners.set(own, outer);
      }
      return result;
    } finally {
      this.open.pop();
      for (const value of scope) this.drop(value);
    }
  }

  free(value: Value): void {
    const own = this.get(value);
    this.owners.get(own)?.delete(own);
    this.drop(own);
  }

  /** Frees all there is. */
  clear(): void {
    for (const value of [...this.owners.keys()]) this.free(value);
  }

  private drop(value: V): void {
    this.owners.delete(value);
    this.release(value);
  }
}

function isOne(result: Value | readonly Value[]): result is Value {
  return "shape" in result;
}
