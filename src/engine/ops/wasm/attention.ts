import { attentionShape } from "../shapes.ts";
import type { Device } from "./device.ts";
import type { MapValue } from "./mapValue.ts";

/** What the scores of a tile of queries may take of a core's cache. */
const SCORE_BYTES = 256 * 1024;

/** Scores of a tile of queries, softmax, weighted sum: two products by the direct kernel, keys and values as weights. */
export function attention(device: Device, q: MapValue, k: MapValue, v: MapValue, scale: number): MapValue {
  const y = device.create(attentionShape(q.shape, k.shape, v.shape), 0);
  const { arena } = device.recorder;
  const [n, , h, w] = q.shape;
  const keys = k.shape[2] * k.shape[3];
  const panels = Math.ceil(keys / 8);
  const packedKeys = arena.take(n * panels * k.blocks * 256);
  const packedValues = arena.take(n * panels * v.blocks * 256);
  device.items(n * panels, k.blocks * 256, "packKeys", [device.describe(k), packedKeys, panels]);
  device.items(v.planes, panels * 256, "packValues", [device.describe(v), packedValues, panels * 8]);
  const tile = Math.min(h * w, Math.max(4, Math.floor(SCORE_BYTES / (panels * 32) / 4) * 4));
  device.withBorder(
    q,
    (border) => border === 0,
    0,
    (queries) => {
      const keyTable = Array.from({ length: q.blocks }, (_, block) => block * queries.planeBytes);
      const valueTable = Array.from({ length: panels }, (_, panel) => panel * tile * 32);
      const args = [
        ...[device.describe(queries), packedKeys, packedValues, device.describe(y), keys, tile, scale],
        ...[device.recorder.ints(keyTable), device.recorder.ints(valueTable)],
      ];
      const items = n * Math.ceil((h * w) / tile);
      device.recorder.record({ calls: [{ kernel: "attend", args }], items, chunk: 1 }, tile * panels * 32);
    },
  );
  arena.give(packedKeys);
  arena.give(packedValues);
  return y;
}
