import type { GpuKernel } from "../kernel.ts";
import { assemble, floats, grid, stepBinding } from "../wgsl.ts";

/**
 * One step of stochastic gradient descent over an arena, with Nesterov momentum and weight decay in PyTorch's form
 * (dampening 0): d = gradient + weightDecay·p; v ← momentum·v + d; p ← p − lr·(d + momentum·v).
 *
 * Bindings: parameters, momenta, gradients [count], step.
 *
 * @param count floats of the arena, a multiple of 4
 */
export function sgd(count: number): GpuKernel {
  if (!(Number.isInteger(count / 4) && count > 0)) {
    throw new RangeError(`An arena for SGD holds a positive multiple of 4 floats, not ${count}.`);
  }
  const threads = 256;
  return assemble({
    label: `sgd ${count}`,
    bindings: [
      floats("parameters", count, "read_write"),
      floats("momenta", count, "read_write"),
      floats("gradients", count),
      stepBinding,
    ],
    workgroups: () => grid(Math.ceil(count / 4 / threads)),
    flops: () => 8 * count,
    bytes: () => 5 * count * 4,
    threads,
    shape: { quads: count / 4 },
    main: `
  let at = group * ${threads}u + thread;
  if (at >= shape.quads) { return; }
  let parameter = parameters[at];
  let decayed = gradients[at] + step.weightDecay * parameter;
  let velocity = step.momentum * momenta[at] + decayed;
  momenta[at] = velocity;
  parameters[at] = parameter - step.lr * (decayed + step.momentum * velocity);`,
  });
}
