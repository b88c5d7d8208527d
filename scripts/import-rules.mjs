import { nodeFiles, packages, roomFiles, rooms, testFiles as tests } from "./rooms.mjs";

const anyRoom = `^(src/(${Object.keys(rooms).join("|")})|workers|cli)/`;
const npm = (name) => `(^|/)node_modules/${name}/`;

const either = (list) => list.map(roomFiles).join("|");

/** The rooms that `room` may not import at all, and those of which it may import types only. */
function directions(room) {
  const { uses } = rooms[room];
  const types = rooms[room].types.filter((other) => other !== room && !uses.includes(other));
  const strangers = Object.keys(rooms).filter((other) => other !== room && ![...uses, ...types].includes(other));
  const from = { path: roomFiles(room), pathNot: tests };
  const rules = [];
  if (strangers.length > 0) {
    rules.push({ name: `${room}-looks-up`, severity: "error", from, to: { path: either(strangers) } });
  }
  if (types.length > 0) {
    const to = { path: either(types), dependencyTypesNot: ["type-only"] };
    rules.push({ name: `${room}-types-only`, severity: "error", from, to });
  }
  return rules;
}

/** The rules of dependency-cruiser that follow from rooms.mjs. */
export function importRules() {
  return [
    ...Object.keys(rooms).flatMap(directions),
    ...packages.map(({ name, rooms: allowed }) => ({
      name: `package-${name.replace(/[^a-z]+/g, "-")}`,
      severity: "error",
      from: { path: anyRoom, pathNot: `${tests}|${either(allowed)}` },
      to: { path: npm(name) },
    })),
    { name: "no-cycle", severity: "error", from: {}, to: { circular: true } },
    { name: "no-unknown-room", severity: "error", from: { path: "^src/", pathNot: anyRoom }, to: {} },
    { name: "found", severity: "error", from: { pathNot: tests }, to: { couldNotResolve: true } },
    {
      name: "node-only-where-named",
      severity: "error",
      from: { path: anyRoom, pathNot: nodeFiles },
      to: { dependencyTypes: ["core"] },
    },
    {
      name: "node-files-stay-in-node",
      severity: "error",
      from: { path: anyRoom, pathNot: nodeFiles },
      to: { path: "(/node/|^src/storage/files\\.ts$)", pathNot: "node_modules" },
    },
    {
      name: "no-test-in-code",
      severity: "error",
      from: { path: anyRoom, pathNot: tests },
      to: { path: tests },
    },
    {
      name: "declared-for-production",
      severity: "error",
      from: { path: anyRoom, pathNot: `${tests}|/node/` },
      to: { dependencyTypes: ["npm-dev", "npm-no-pkg", "npm-unknown"], dependencyTypesNot: ["type-only"] },
    },
  ];
}
