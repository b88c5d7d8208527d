import { shapesBenchmark } from "../../src/data/shapes/shapesBenchmark.ts";
import { createGenerator } from "../../src/generators/registry.ts";
import { bareContext } from "../../src/generators/testing/context.ts";
import type { Case } from "../case.ts";
import type { Match } from "../measure/contestant.ts";
import { javascript } from "../ours/javascript.ts";

const GENERATORS = ["simulated-3", "interpolation", "pca-gaussian"];
const COUNT = 64;

/** Images a second that a generator of Shapes draws, on one thread; there is no peer. */
export const sampleCase: Case = async ({ machine }) => {
  const benchmark = shapesBenchmark();
  return GENERATORS.map(
    (id): Match => ({
      title: `sample ${id} 32 px`,
      unit: "img/s",
      amount: COUNT,
      ours: [
        async () => {
          const generator = await createGenerator(id, benchmark, bareContext());
          let first = 0;
          return javascript(machine.processor, async () => {
            await generator.sample(1, first, COUNT);
            first += COUNT;
          });
        },
      ],
      peers: [],
    }),
  );
};
