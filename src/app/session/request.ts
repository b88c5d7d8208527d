import type { BackendRequest } from "../../engine/backend.ts";

/**
 * What to compute on, from the address: `?backend=webgpu|wasm|cpu`, `?threads=N`, `?reproducible`, `?software` (accept a
 * software GPU adapter). Without them: the best that the machine has.
 */
export function backendRequest(search: string): BackendRequest {
  const query = new URLSearchParams(search);
  const wanted = query.get("backend");
  const threads = Number(query.get("threads") ?? 0);
  return {
    backend: wanted === "webgpu" || wanted === "wasm" || wanted === "cpu" ? wanted : "auto",
    threads: Number.isInteger(threads) && threads >= 0 && threads <= 64 ? threads : 0,
    reproducible: query.has("reproducible"),
    allowSoftware: query.has("software"),
  };
}
