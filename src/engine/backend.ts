export type { BackendName, BackendRecord } from "../study/backend.ts";

/** What the user or the command line asks for. */
export interface BackendRequest {
  readonly backend: "auto" | "webgpu" | "wasm" | "tape" | "cpu";
  /** Kernel threads for wasm; 0 = as many as the machine offers, at most 8. */
  readonly threads: number;
  /** Use plain SIMD even where relaxed SIMD exists: the same bits on every processor. */
  readonly reproducible: boolean;
  /** Accept a software GPU adapter (tests). */
  readonly allowSoftware: boolean;
}
