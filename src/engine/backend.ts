/**
 * Which machinery computes. `wasm-relaxed` and `wasm-simd` differ in bits (fused multiply–add), so they are
 * different backends; `webgpu` is tfjs on a GPU; `cpu` is tfjs in plain JavaScript, for tests only.
 */
export type BackendName = "wasm-relaxed" | "wasm-simd" | "webgpu" | "cpu";

/** What runs and why: shown as the badge, written into manifests and CSV. */
export interface BackendRecord {
  readonly name: BackendName;
  /** Kernel threads (wasm); 1 elsewhere. */
  readonly threads: number;
  /** GPU adapter as the browser names it, else "". */
  readonly adapter: string;
  /** true for software adapters (SwiftShader, llvmpipe): correct but test grade, never chosen by itself. */
  readonly software: boolean;
  /** One sentence: why this one, and why not the better ones. */
  readonly reason: string;
}

/** What the user or the command line asks for. */
export interface BackendRequest {
  readonly backend: "auto" | "webgpu" | "wasm" | "cpu";
  /** Kernel threads for wasm; 0 = as many as the machine offers, at most 8. */
  readonly threads: number;
  /** Use plain SIMD even where relaxed SIMD exists: the same bits on every processor. */
  readonly reproducible: boolean;
  /** Accept a software GPU adapter (tests). */
  readonly allowSoftware: boolean;
}
