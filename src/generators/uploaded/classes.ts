import { Stream } from "../../random/stream.ts";
import type { LabelOrder } from "../../study/generatorRecord.ts";

/** Class of the benchmark that image `index` of a seed is to be of. */
export function wantedClass(order: LabelOrder, seed: number, index: number, classes: number): number {
  return order === "balanced" ? index % classes : new Stream(seed, "label", index).int(classes);
}

/**
 * The class of the generator behind each class of the benchmark.
 *
 * @param given null: the same numbers
 * @throws RangeError where the map does not fit either side
 */
export function checkedClassMap(
  given: readonly number[] | null,
  generatorClasses: number,
  classNames: readonly string[],
): number[] {
  const wanted = classNames.length;
  if (given === null) {
    if (generatorClasses === wanted) return classNames.map((_, k) => k);
    throw new RangeError(
      `The generator has ${generatorClasses} classes and the benchmark ${wanted}: say which class of the generator stands for each of ${shownNames(classNames)}.`,
    );
  }
  if (given.length !== wanted) {
    throw new RangeError(`The class map has ${given.length} entries; the benchmark has ${wanted} classes.`);
  }
  given.forEach((from, k) => {
    if (Number.isInteger(from) && from >= 0 && from < generatorClasses) return;
    throw new RangeError(
      `The class map gives "${classNames[k]}" class ${from} of the generator, which has classes 0 to ${generatorClasses - 1}.`,
    );
  });
  return [...given];
}

function shownNames(names: readonly string[]): string {
  return names.length <= 10 ? names.join(", ") : `${names.slice(0, 10).join(", ")} …`;
}
