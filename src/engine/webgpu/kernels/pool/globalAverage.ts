import {
  ELEMENTWISE_THREADS,
  elementwise,
  elementwiseIndex,
  elementwiseShape,
  quadAt,
  viewShape,
} from "../elementwise.ts";
import { type Binding, checkView, type GpuKernel, type MapView, viewBytes, wholeMap } from "../kernel.ts";
import { assemble, mapBinding, stepBinding } from "../wgsl.ts";

function features(name: string, { channels }: MapView, access: "read" | "read_write"): Binding {
  return mapBinding(name, wholeMap(1, 1, channels), access);
}

/**
 * features = the mean of x over rows and columns.
 *
 * Bindings: x, features [n][x.channels], step.
 */
export function globalAverage(x: MapView): GpuKernel {
  checkView("The input of a global average", x);
  const vectors = wholeMap(1, 1, x.channels);
  return assemble({
    label: `global average ${x.height}×${x.width}×${x.channels}`,
    bindings: [mapBinding("x", x), features("features", x, "read_write"), stepBinding],
    workgroups: (n) => elementwise(vectors, n),
    flops: (n) => viewBytes(x, n) / 4,
    bytes: (n) => viewBytes(x, n) + viewBytes(vectors, n),
    threads: ELEMENTWISE_THREADS,
    shape: { ...elementwiseShape(vectors), ...viewShape({ x }), pixels: x.height * x.width },
    main: `${elementwiseIndex}
  var sum = vec4f();
  for (var i = pixel * shape.pixels; i < (pixel + 1u) * shape.pixels; i++) { sum += x[${quadAt("x", "i")}]; }
  features[index] = sum / f32(shape.pixels);`,
  });
}

/**
 * dx = dFeatures / (height·width) at every pixel.
 *
 * Bindings: dFeatures [n][dx.channels], dx, step.
 */
export function globalAverageGradient(dx: MapView): GpuKernel {
  checkView("The gradient of a global average", dx);
  return assemble({
    label: `gradient of global average ${dx.height}×${dx.width}×${dx.channels}`,
    bindings: [features("dFeatures", dx, "read"), mapBinding("dx", dx, "read_write"), stepBinding],
    workgroups: (n) => elementwise(dx, n),
    flops: (n) => viewBytes(dx, n) / 4,
    bytes: (n) => viewBytes(dx, n) + n * dx.channels * 4,
    threads: ELEMENTWISE_THREADS,
    shape: { ...elementwiseShape(dx), ...viewShape({ dx }) },
    main: `${elementwiseIndex}
  dx[${quadAt("dx")}] = dFeatures[pixel / shape.area * shape.quads + quad] / f32(shape.area);`,
  });
}
