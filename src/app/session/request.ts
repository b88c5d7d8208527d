import type { BackendRequest } from "../../engine/backend.ts";

const backends: readonly BackendRequest["backend"][] = ["auto", "webgpu", "wasm", "tape", "cpu"];

/**
 * What to compute on, from the address: `?backend=webgpu|wasm|tape|cpu`, `?threads=N`, `?reproducible`, `?software`
 * (accept a software GPU adapter). Without them: the best that the machine has.
 */
export function backendRequest(search: string): BackendRequest {
  const query = new URLSearchParams(search);
  const threads = Number(query.get("threads") ?? 0);
  return {
    backend: backends.find((backend) => backend === query.get("backend")) ?? "auto",
    threads: Number.isInteger(threads) && threads >= 0 && threads <= 64 ? threads : 0,
    reproducible: query.has("reproducible"),
    allowSoftware: query.has("software"),
  };
}

/** The address's query, `?` included, that asks for `request`; whatever else it says stays. */
export function backendSearch(search: string, request: BackendRequest): string {
  const query = new URLSearchParams(search);
  const set = (name: string, value: string | null): void => {
    if (value === null) query.delete(name);
    else query.set(name, value);
  };
  set("backend", request.backend === "auto" ? null : request.backend);
  set("threads", request.threads === 0 ? null : String(request.threads));
  set("reproducible", request.reproducible ? "1" : null);
  set("software", request.allowSoftware ? "1" : null);
  return `?${query}`;
}
