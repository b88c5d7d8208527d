/**
 * Which machinery computed a number. `wasm-relaxed` and `wasm-simd` differ in bits (fused multiply–add), so they are
 * different backends; `webgpu` is tfjs on a GPU; `cpu` is tfjs in plain JavaScript, for tests only.
 */
export type BackendName = "wasm-relaxed" | "wasm-simd" | "webgpu" | "cpu";

/** What ran and why: shown as the badge, written into manifests and CSV. */
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
