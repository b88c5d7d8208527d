import type { PoolForm, PoolSpec } from "../../../study/pool.ts";

/** What is to be filled, and how it is kept; null = as suits the size of the images. */
export interface FillOrder {
  readonly spec: PoolSpec;
  readonly form: PoolForm | null;
}
