/**
 * Which machinery computed a number. `wasm-relaxed` and `wasm-simd` differ in bits (fused multiply–add), so they are
 * different backends; `webgpu` is compiled plans on a GPU, `tape` stock tfjs on one; `cpu` is tfjs in plain JavaScript,
 * for tests only.
 */
export type BackendName = "wasm-relaxed" | "wasm-simd" | "webgpu" | "tape" | "cpu";

/** What ran and why: shown as the badge, written into manifests and CSV. */
export interface BackendRecord {
  readonly name: BackendName;
  /** Kernel threads (wasm); 1 elsewhere. */
  readonly threads: number;
  /** GPU adapter as the browser names it, else "". */
  readonly adapter: string;
  /** true for software adapters (SwiftShader, llvmpipe): correct but test grade, never chosen by itself. */
  readonly software: boolean;
  /** What else the bits depend on besides name, threads and adapter: e.g. the GPU limits that kernels were cut to. */
  readonly variant?: string;
  /** One sentence: why this one, and why not the better ones. */
  readonly reason: string;
}
