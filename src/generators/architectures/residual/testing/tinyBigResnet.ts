import { type Keeping, TinyState } from "./tinyState.ts";

/** For tests: a `big_resnet` of 4 classes, z of 3 chunks of 3, 8 → 8 → 6 channels at 4 → 8 → 16 pixels, attention at 8. */
export function tinyBigResnet(keeping: Keeping): TinyState {
  const state = new TinyState(keeping);
  state.normal("shared.weight", [4, 5]);
  state.weight("linear0", [8 * 16, 3]);
  for (const [k, inputs, outputs] of [
    [0, 8, 8],
    [2, 8, 6],
  ] as const) {
    for (const [at, channels] of [
      [1, inputs],
      [2, outputs],
    ] as const) {
      const norm = `blocks.${k}.0.bn${at}`;
      state.moments(`${norm}.bn.running_mean`, `${norm}.bn.running_var`, channels);
      state.weight(`${norm}.gain`, [channels, 8], false);
      state.weight(`${norm}.bias`, [channels, 8], false);
    }
    state.weight(`blocks.${k}.0.conv2d0`, [outputs, inputs, 1, 1]);
    state.weight(`blocks.${k}.0.conv2d1`, [outputs, inputs, 3, 3]);
    state.weight(`blocks.${k}.0.conv2d2`, [outputs, outputs, 3, 3]);
  }
  state.normal("blocks.1.0.sigma", [1], 0.8, 0.1);
  for (const [part, to, from] of [
    ["theta", 1, 8],
    ["phi", 1, 8],
    ["g", 4, 8],
    ["attn", 8, 4],
  ] as const) {
    state.weight(`blocks.1.0.conv1x1_${part}`, [to, from, 1, 1], false);
  }
  state.normal("bn4.weight", [6], 1, 0.2);
  state.normal("bn4.bias", [6], 0, 0.2);
  state.moments("bn4.running_mean", "bn4.running_var", 6);
  state.weight("conv2d5", [3, 6, 3, 3]);
  return state;
}
