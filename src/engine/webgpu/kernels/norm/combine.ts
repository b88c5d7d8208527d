import {
  checkSameSize,
  ELEMENTWISE_THREADS,
  elementwise,
  elementwiseIndex,
  elementwiseShape,
  quadAt,
  viewShape,
} from "../elementwise.ts";
import { type GpuKernel, type MapView, viewBytes } from "../kernel.ts";
import { assemble, floats, mapBinding, rectifyFunction, stepBinding } from "../wgsl.ts";
import { normalised, normFloats } from "./norm.ts";

/** A summand: the map x, or its batch norm. */
export interface CombineTerm {
  readonly x: MapView;
  readonly norm: boolean;
}

/**
 * out = relu?(sum of the terms), one or two of them.
 *
 * Bindings: x0, norm0 [4][channels] if the first term has a norm, x1, norm1 likewise, out, step.
 */
export function combine(terms: readonly CombineTerm[], relu: boolean, out: MapView): GpuKernel {
  checkTerms(terms.length);
  checkSameSize(
    "A combination",
    out,
    terms.map(({ x }) => x),
  );
  const sum = terms
    .map(({ norm }, k) => {
      const value = `x${k}[${quadAt(`x${k}`)}]`;
      return norm ? normalised(`norm${k}`, value, "quad") : value;
    })
    .join(" + ");
  const norms = terms.filter(({ norm }) => norm).length;
  return assemble({
    label: `${terms.map(({ norm }) => (norm ? "norm" : "map")).join(" + ")}${relu ? " relu" : ""} ${out.height}×${out.width}×${out.channels}`,
    bindings: [
      ...terms.flatMap(({ x, norm }, k) => [
        mapBinding(`x${k}`, x),
        ...(norm ? [floats(`norm${k}`, normFloats(x.channels))] : []),
      ]),
      mapBinding("out", out, "read_write"),
      stepBinding,
    ],
    workgroups: (n) => elementwise(out, n),
    flops: (n) => ((3 * norms + terms.length - 1) * viewBytes(out, n)) / 4,
    bytes: (n) => (terms.length + 1) * viewBytes(out, n),
    threads: ELEMENTWISE_THREADS,
    shape: {
      ...elementwiseShape(out),
      ...viewShape({ ...Object.fromEntries(terms.map(({ x }, k) => [`x${k}`, x])), out }),
    },
    declarations: relu ? rectifyFunction : "",
    main: `${elementwiseIndex}
  let sum = ${sum};
  out[${quadAt("out")}] = ${relu ? "rectify(sum)" : "sum"};`,
  });
}

export function checkTerms(count: number): void {
  if (count < 1 || count > 2) throw new RangeError(`A combination has one or two terms, not ${count}.`);
}
