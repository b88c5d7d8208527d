import { shown } from "./checkpointError.ts";

/** Kinds of file that are known and not read, by a global that only they have: what they are, and what to do. */
const known: readonly [name: RegExp, sentence: string][] = [
  [/^torch\.Complex/, "It holds complex tensors; only real ones are read. Save their real and imaginary parts."],
  [/^torch\.QU?Int|_rebuild_qtensor$/, "It holds quantised tensors. Save them as floats, with dequantize()."],
  [/_rebuild_sparse|_rebuild_nested/, "It holds sparse tensors. Save them as dense ones, with to_dense()."],
  [
    /^dnnlib\.tflib\./,
    "This is a pickle of the TensorFlow version of StyleGAN. Convert it with legacy.py of stylegan2-ada-pytorch.",
  ],
  [/^torch\.nn\./, "It holds a whole torch module, not its tensors. Save model.state_dict() instead."],
  [/^torch\.jit\.|^__torch__\./, "It holds TorchScript, which is code. Save the state_dict of the model instead."],
];

/** The sentence for a pickle that asks for a global beyond those that are allowed. */
export function refusal(full: string): string {
  const refused = `The pickle asks for "${shown(full)}", which is not among the globals that this program allows: refused. Nothing was run.`;
  const advice = known.find(([name]) => name.test(full))?.[1];
  return advice === undefined ? refused : `${refused} ${advice}`;
}
