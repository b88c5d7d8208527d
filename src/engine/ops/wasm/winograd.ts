import { tilesPerImage } from "../../wasm/lowering/winograd.ts";
import type { Device } from "./device.ts";
import type { Epilogue } from "./epilogue.ts";
import type { MapValue } from "./mapValue.ts";
import { transformedWeights, type WasmWeights } from "./weights.ts";

const PLANES = 36;
/** What a kernel keeps of a tile between two passes. */
const TEMPORARY = 2048;
/** What the transformed inputs or outputs of one pass may take: enough tiles for weights that come from memory. */
const PASS_BYTES = 32 << 20;

/** y = activate(w ∗ x + bias + addend) for a 3×3 kernel of stride 1 and padding 1, in passes of whole images. */
export function winogradConvolution(
  device: Device,
  x: MapValue,
  weights: WasmWeights,
  y: MapValue,
  { bias, addend, activation }: Epilogue,
): void {
  const { arena, threads } = device.recorder;
  const transformed = transformedWeights(device, weights);
  const [n, , height, width] = y.shape;
  const perImage = tilesPerImage({ height, width });
  const channels = 8 * Math.max(x.blocks, y.blocks);
  const pass = Math.min(n, Math.max(1, Math.floor(PASS_BYTES / (PLANES * perImage * channels * 4))));
  const padded = (tiles: number) => Math.ceil(tiles / 4) * 4;
  const v = arena.take(PLANES * (pass * perImage * x.blocks * 32 + 64));
  const m = arena.take(PLANES * (y.blocks * padded(pass * perImage) * 32 + 64));
  for (let first = 0; first < n; first += pass) {
    const images = Math.min(pass, n - first);
    const tiles = images * perImage;
    const inputBytes = PLANES * x.blocks * 32;
    device.items(tiles, inputBytes, "winogradInputs", [device.describe(x), v, first, tiles], TEMPORARY);
    const share = Math.max(1, Math.ceil(y.blocks / Math.max(1, Math.ceil(threads / 2))));
    const items = PLANES * Math.ceil(y.blocks / share);
    const args = [v, transformed, m, tiles, x.blocks, y.blocks, share];
    device.recorder.record({ calls: [{ kernel: "winogradProducts", args }], items, chunk: 1 });
    const added = addend ? device.describe(addend) : 0;
    device.items(
      images * y.blocks,
      PLANES * perImage * 32,
      "winogradOutputs",
      [m, device.describe(y), first, tiles, added, bias, ...activation],
      TEMPORARY,
    );
  }
  arena.give(v);
  arena.give(m);
}
