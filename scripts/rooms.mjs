/**
 * Which room may look into which. A room is a folder of src/, or workers/ or cli/.
 * `uses`: rooms whose code it may import. `types`: further rooms from which it may import types only.
 * A room may always import from itself. Tests may import anything.
 */
const bottom = ["random", "checkpoints", "storage", "data", "study"];
const engine = ["networks", "engine"];
const work = ["training", "generators", "detection", "metrics"];
const beneathRuns = [...bottom, ...engine, ...work];

export const rooms = {
  random: { uses: [], types: [] },
  checkpoints: { uses: [], types: [] },
  storage: { uses: ["checkpoints"], types: [] },
  data: { uses: ["random", "storage", "checkpoints"], types: ["study"] },
  study: { uses: ["random", "storage", "data"], types: [] },
  // A network is described layer by layer, without tensors: the engine computes what networks/ describes.
  networks: { uses: ["random"], types: ["engine"] },
  engine: { uses: [...bottom, "networks"], types: [] },
  metrics: { uses: [...bottom, ...engine], types: [] },
  generators: { uses: [...bottom, ...engine], types: [] },
  training: { uses: [...bottom, ...engine], types: [] },
  detection: { uses: [...bottom, ...engine, "metrics"], types: [] },
  runs: { uses: beneathRuns, types: [] },
  rpc: { uses: ["study", "runs"], types: [...bottom, ...engine, ...work, "workers"] },
  app: {
    uses: ["rpc", "runs", "study", "storage", "data", "random", "metrics", "detection"],
    types: ["generators", "training", "checkpoints", "engine", "networks"],
  },
  workers: { uses: [...beneathRuns, "runs", "rpc"], types: [] },
  cli: { uses: [...beneathRuns, "runs"], types: [] },
};

const aboveTheTensors = ["engine", ...work, "runs", "workers", "cli"];

/** npm packages (a regular expression on their name) that only some rooms may import; types follow the same rule. */
export const packages = [
  { name: "(react|react-dom|@mantine/.+|recharts|uplot|wouter|zustand)", rooms: ["app"] },
  { name: "@tensorflow/.+", rooms: aboveTheTensors },
  { name: "comlink", rooms: ["rpc", "workers"] },
  { name: "idb", rooms: ["storage"] },
  { name: "commander", rooms: ["cli"] },
];

/** Tests and the suites that several tests share. */
export const testFiles = "(\\.test|Contract)\\.tsx?$";

/** Files that may use Node: everything below a `node/` folder, the command, the file store, tests. */
export const nodeFiles = "(/node/|^cli/|^src/storage/files\\.ts$|\\.test\\.tsx?$)";

/** Every room's files, tests included. */
export const roomFiles = (room) => (room === "workers" || room === "cli" ? `^${room}/` : `^src/${room}/`);
