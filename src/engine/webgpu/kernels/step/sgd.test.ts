import { expect, it } from "vitest";
import { Stream } from "../../../../random/stream.ts";
import { normals, relativeError } from "../testing/maps.ts";
import { describeOnGpu } from "../testing/node/describeOnGpu.ts";
import { output, runKernel } from "../testing/runKernel.ts";
import { sgd } from "./sgd.ts";

describeOnGpu("sgd", (gpu) => {
  it("takes two steps of Nesterov momentum with weight decay", async () => {
    const count = 1100;
    const hyper = { lr: 0.1, momentum: 0.9, weightDecay: 5e-4 };
    const stream = new Stream(8, "sgd");
    let parameters = normals(stream, count);
    let momenta = new Float32Array(count);
    const p = Float64Array.from(parameters);
    const v = new Float64Array(count);
    for (let k = 0; k < 2; k++) {
      const gradients = normals(stream, count);
      const results = await runKernel(gpu, sgd(count), 1, { parameters, momenta, gradients }, hyper);
      parameters = Float32Array.from(output(results, "parameters"));
      momenta = Float32Array.from(output(results, "momenta"));
      gradients.forEach((gradient, i) => {
        const d = gradient + hyper.weightDecay * (p[i] as number);
        v[i] = hyper.momentum * (v[i] as number) + d;
        p[i] = (p[i] as number) - hyper.lr * (d + hyper.momentum * (v[i] as number));
      });
    }
    expect(relativeError(parameters, p)).toBeLessThan(1e-6);
    expect(relativeError(momenta, v)).toBeLessThan(1e-6);
  });

  it("refuses an arena that is no multiple of 4", () => {
    expect(() => sgd(10)).toThrow("An arena for SGD holds a positive multiple of 4 floats, not 10.");
  });
});
