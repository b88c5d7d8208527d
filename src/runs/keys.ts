/** Where runs keep what they keep. One place, so that the browser, the command line and a reader agree. */
export const keys = {
  study: (id: string) => `studies/${id}`,
  studies: "studies/",
  /** RunState: status, error, when queued. */
  run: (cell: string) => `runs/${cell}`,
  runs: "runs/",
  checkpoint: (cell: string) => `cells/${cell}/checkpoint`,
  /** The epoch that was best on ID-val, where the recipe reports that one. */
  best: (cell: string) => `cells/${cell}/best`,
  activations: (cell: string, set: string) => `cells/${cell}/activations/${set}`,
  allActivations: (cell: string) => `cells/${cell}/activations/`,
  summary: (cell: string) => `cells/${cell}/summary`,
  /** A re-score of the cell, by name of its record. */
  rescored: (cell: string, name: string) => `cells/${cell}/rescored/${name}`,
  allRescored: (cell: string) => `cells/${cell}/rescored/`,
  cell: (cell: string) => `cells/${cell}/`,
  pool: (id: string) => `pools/${id}/record`,
  poolChunk: (id: string, chunk: number) => `pools/${id}/chunks/${String(chunk).padStart(6, "0")}`,
  poolPrefix: (id: string) => `pools/${id}/`,
  pools: "pools/",
  probe: "probe",
  imported: (id: string) => `evaluations/${id}/record`,
  importedActivations: (id: string) => `evaluations/${id}/activations`,
  /** Confidences that were computed elsewhere, METHOD/SET. */
  importedScores: (id: string) => `evaluations/${id}/scores`,
  /** The network of an imported checkpoint, for passes over its benchmark's images. */
  importedClassifier: (id: string) => `evaluations/${id}/classifier`,
  importedPrefix: (id: string) => `evaluations/${id}/`,
  importedAll: "evaluations/",
  /** A FidelityRecord. */
  fidelity: (id: string) => `fidelity/${id}/record`,
  fidelities: "fidelity/",
} as const;
