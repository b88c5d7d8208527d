import { add, mul, sub, type Tensor, tidy, type Variable } from "@tensorflow/tfjs-core";
import type { SgdHyper } from "../network.ts";
import type { Pass } from "./gradients.ts";
import type { Parameters } from "./parameters.ts";

/** PyTorch's default momentum of running statistics. */
const RUNNING = 0.1;

/**
 * One SGD step with Nesterov momentum on every trained parameter, PyTorch form:
 * g ← g + weightDecay · p; v ← momentum · v + g; p ← p − lr · (g + momentum · v).
 */
export function sgdStep(parameters: Parameters, gradients: Pass["gradients"], hyper: SgdHyper): void {
  for (const name of parameters.trained) {
    const gradient = gradients.get(name);
    if (!gradient) throw new Error(`The loss does not depend on "${name}", so it has no gradient.`);
    tidy(() => step(parameters.get(name), parameters.momentum(name), gradient, hyper));
  }
}

function step(value: Variable, momentum: Variable, gradient: Tensor, hyper: SgdHyper): void {
  const decayed = add(gradient, mul(value, hyper.weightDecay));
  momentum.assign(add(mul(momentum, hyper.momentum), decayed));
  const direction = add(decayed, mul(momentum, hyper.momentum));
  value.assign(sub(value, mul(direction, hyper.lr)));
}

/** running ← 0.9 · running + 0.1 · batch, with the unbiased variance (n − 1) although the batch used the biased one. */
export function updateRunningStatistics(parameters: Parameters, statistics: Pass["statistics"]): void {
  for (const [norm, { mean, variance, count }] of statistics) {
    blend(parameters.get(`${norm}.running_mean`), mean, 1);
    blend(parameters.get(`${norm}.running_var`), variance, count / (count - 1));
  }
}

function blend(running: Variable, batch: Tensor, scale: number): void {
  tidy(() => running.assign(add(mul(running, 1 - RUNNING), mul(batch, RUNNING * scale))));
}
