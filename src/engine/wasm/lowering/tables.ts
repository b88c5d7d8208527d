import type { Arena } from "./arena.ts";

/** int32 constants that kernels read: receptive fields and lists of taps. */
export interface Table {
  readonly address: number;
  readonly values: readonly number[];
}

/** Places each distinct table once. */
export class Tables {
  private readonly placed = new Map<string, Table>();

  constructor(private readonly arena: Arena) {}

  address(values: readonly number[]): number {
    const key = values.join();
    let table = this.placed.get(key);
    if (!table) {
      table = { address: this.arena.bytes(values.length * 4), values };
      this.placed.set(key, table);
    }
    return table.address;
  }

  all(): Table[] {
    return [...this.placed.values()];
  }
}
