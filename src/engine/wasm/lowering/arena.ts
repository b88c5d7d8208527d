import { type Panels, panelsBytes, type Vector } from "./buffers.ts";

/** Cache lines, and the next one that the processor fetches along. */
export const ALIGNMENT = 128;

/** Hands out addresses for what lives as long as the network, in order, aligned. */
export class Arena {
  private next = 0;

  get end(): number {
    return this.next;
  }

  bytes(count: number): number {
    const address = this.next;
    this.next = Math.ceil((address + count) / ALIGNMENT) * ALIGNMENT;
    return address;
  }

  panels(cout: number, cin: number, kernel: number): Panels {
    return { kind: "panels", address: this.bytes(panelsBytes({ cout, cin, kernel })), cout, cin, kernel };
  }

  vector(length: number): Vector {
    return { kind: "vector", address: this.bytes(length * 4), length };
  }
}
