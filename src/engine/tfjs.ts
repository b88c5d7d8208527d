import "@tensorflow/tfjs-core/dist/register_all_gradients";
import "@tensorflow/tfjs-backend-cpu";
import {
  div,
  enableProdMode,
  type GradConfig,
  getBackend,
  Mean,
  registerGradient,
  reshape,
  Sum,
  setBackend,
  type Tensor,
  tile,
  util,
} from "@tensorflow/tfjs-core";

/** The tfjs backends this project uses. */
export type TfjsBackend = "webgpu" | "cpu";

/** Repeats a reduced gradient along the axes that the reduction removed. */
function spread(dy: Tensor, shape: number[], axes: number[]): Tensor {
  const kept = shape.slice();
  const repeats = shape.map(() => 1);
  for (const axis of axes) {
    kept[axis] = 1;
    repeats[axis] = shape[axis] ?? 1;
  }
  return tile(reshape(dy, kept), repeats);
}

/**
 * The stock gradients of Sum and Mean build `ones(shape)` in JavaScript and upload it: 629 MB per ResNet-18 step at
 * batch 128. The same values come from one tile on the device.
 */
function reductionGradient(kernelName: string, averaged: boolean): GradConfig {
  return {
    kernelName,
    inputsToSave: ["x"],
    gradFunc: (dy, saved, attributes) => {
      const x = saved[0];
      if (!x || Array.isArray(dy)) throw new Error(`The gradient of ${kernelName} takes one tensor.`);
      const { axis } = attributes as unknown as { axis: number | number[] };
      const axes = util.parseAxisParam(axis, x.shape);
      const count = axes.reduce((product, each) => product * (x.shape[each] ?? 1), 1);
      return { x: () => spread(averaged ? div(dy, count) : dy, x.shape, axes) };
    },
  };
}

registerGradient(reductionGradient(Sum, false));
registerGradient(reductionGradient(Mean, true));
enableProdMode();

/**
 * Makes `name` the backend of the tfjs calls that follow, until the next await. The backend must have been
 * initialised once by `await setBackend(name)`; from then on the switch is synchronous.
 */
export function activate(name: TfjsBackend): void {
  if (getBackend() === name) return;
  void setBackend(name);
  if (getBackend() !== name) throw new Error(`The tfjs backend ${name} is not initialised.`);
}
