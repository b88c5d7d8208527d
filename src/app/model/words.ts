import { detectors } from "../../detection/registry.ts";
import type { GeneratorInfo } from "../../generators/generator.ts";
import type { RunStatus } from "../../runs/status.ts";
import type { BackendRecord } from "../../study/backend.ts";
import type { Provenance } from "../../study/provenance.ts";
import { paramsText, readChoice } from "./detectorChoice.ts";

/** The detectors that a new study scores with unless its user takes some out; they can still be scored later. */
export const defaultDetectors: readonly string[] = detectors.map(({ name }) => name);

/** A detector with the hyper-parameters of its key: "KNN", "KNN (K = 100)". */
export function detectorTitle(key: string): string {
  const choice = readChoice(key);
  if (choice === null) return key.toUpperCase();
  const params = paramsText(choice.params);
  return params === "" ? choice.detector.title : `${choice.detector.title} (${params})`;
}

/** What a generator has seen, as a sentence for legends and tables. */
export function provenanceText(provenance: Provenance): string {
  switch (provenance) {
    case "same-real-set":
      return "trained on the same real set";
    case "superset":
      return "trained on a superset of the real set: brings in real information of its own";
    case "knows-the-renderer":
      return "knows the renderer: a controlled simulation, not evidence for SIO";
    case "unknown":
      return "training data unknown";
  }
}

/** "learned" and "controlled" as legends say them. */
export function kindText(kind: GeneratorInfo["kind"]): string {
  return kind === "learned" ? "learned generator" : "simulated (controlled) generator";
}

const backendNames: Partial<Record<BackendRecord["name"], string>> = {
  webgpu: "WebGPU",
  tape: "stock tfjs on WebGPU",
};

export function backendText(backend: Pick<BackendRecord, "name" | "threads">): string {
  const name = backendNames[backend.name] ?? backend.name;
  return backend.threads > 1 ? `${name}, ${backend.threads} threads` : name;
}

const statusTexts: Readonly<Record<RunStatus, string>> = {
  queued: "Queued",
  pooling: "Filling the pool",
  training: "Training",
  paused: "Paused",
  evaluating: "Evaluating",
  done: "Done",
  failed: "Failed",
  stopped: "Stopped",
};

export function statusText(status: RunStatus): string {
  return statusTexts[status];
}

/** Working right now: what the title and the run area follow. */
export function isWorking(status: RunStatus): boolean {
  return status === "pooling" || status === "training" || status === "evaluating";
}
