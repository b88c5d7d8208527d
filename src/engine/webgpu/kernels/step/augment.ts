import type { Normalisation } from "../../../network.ts";
import {
  ELEMENTWISE_THREADS,
  elementwise,
  elementwiseIndex,
  elementwiseShape,
  quadAt,
  viewShape,
} from "../elementwise.ts";
import { checkView, type GpuKernel, type MapView, viewBytes } from "../kernel.ts";
import { assemble, floats, mapBinding, stepBinding } from "../wgsl.ts";

/** Pixels of black around an image before it is cropped. */
const PADDING = 4;

/** Bytes per image of the binding `moves`: flip (0 or 1), offsetY, offsetX (0 … 8; 4 = not moved), 0. */
export const MOVE_BYTES = 4;

/** The normalised value of every byte for red, green and blue, as vec4 [256] with a zero: contents of `levels`. */
export function levelTable({ mean, std }: Normalisation): Float32Array<ArrayBuffer> {
  const table = new Float32Array(256 * 4);
  for (const channel of [0, 1, 2] as const) {
    if (!(std[channel] > 0)) {
      throw new RangeError(`A normalisation needs a standard deviation above 0, not ${std[channel]}.`);
    }
    for (let byte = 0; byte < 256; byte++) table[byte * 4 + channel] = (byte / 255 - mean[channel]) / std[channel];
  }
  return table;
}

/**
 * Raw images to the network's input: mirrored where asked, cropped out of the picture with 4 black pixels around it,
 * normalised, with a zero as the fourth channel. The same floats as `writeNormalised` in src/engine/augment.ts.
 *
 * Bindings: images (uint8 RGB [n][height][width][3], packed into words), moves [n] (see MOVE_BYTES), levels
 * (`levelTable`), input, step.
 */
export function augment(input: MapView): GpuKernel {
  checkView("The network's input", input);
  if (input.channels !== 4) throw new RangeError(`Images have 4 channels on WebGPU, not ${input.channels}.`);
  const { height, width } = input;
  const imageBytes = (n: number) => Math.ceil((n * height * width * 3) / 4) * 4;
  return assemble({
    label: `augment ${height}×${width}`,
    bindings: [
      { name: "images", access: "read", type: "array<u32>", bytes: imageBytes },
      { name: "moves", access: "read", type: "array<u32>", bytes: (n) => n * MOVE_BYTES },
      floats("levels", 256 * 4),
      mapBinding("input", input, "read_write"),
      stepBinding,
    ],
    workgroups: (n) => elementwise(input, n),
    flops: () => 0,
    bytes: (n) => imageBytes(n) + n * MOVE_BYTES + viewBytes(input, n),
    threads: ELEMENTWISE_THREADS,
    declarations: `
fn byteAt(index: u32) -> u32 { return extractBits(images[index / 4u], index % 4u * 8u, 8u); }
`,
    shape: { ...elementwiseShape(input), ...viewShape({ input }), height, width },
    main: `${elementwiseIndex}
  let size = vec2i(i32(shape.height), i32(shape.width));
  let image = pixel / shape.area;
  let moved = moves[image];
  let row = i32(pixel / shape.width % shape.height) + i32(extractBits(moved, 8u, 8u)) - ${PADDING};
  let cropped = i32(pixel % shape.width) + i32(extractBits(moved, 16u, 8u)) - ${PADDING};
  let column = select(cropped, size.y - 1 - cropped, (moved & 1u) == 1u);
  var rgb = vec3u();
  if (row >= 0 && row < size.x && column >= 0 && column < size.y) {
    let at = 3u * (image * shape.area + u32(row * size.y + column));
    rgb = vec3u(byteAt(at), byteAt(at + 1u), byteAt(at + 2u));
  }
  input[${quadAt("input")}] = vec4f(levels[rgb.r].r, levels[rgb.g].g, levels[rgb.b].b, 0.0);`,
  });
}
