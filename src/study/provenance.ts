/**
 * What a generator has seen. Only `same-real-set` is evidence for SIO: a generator that saw more real data,
 * or that knows the renderer, brings in information which the real set does not hold.
 */
export type Provenance = "same-real-set" | "superset" | "knows-the-renderer" | "unknown";
