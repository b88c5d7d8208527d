/** Tensors by the names that their network gives them, without what the training code put in front. */
export interface NamedTensors<T> {
  readonly tensors: [name: string, tensor: T][];
  /** true where a name in front says that they are averaged; null where none does. */
  readonly ema: boolean | null;
  readonly notes: readonly string[];
}

const prefixes: readonly [prefix: string, whose: string, ema: boolean][] = [
  ["module.", "DataParallel", false],
  ["_orig_mod.", "torch.compile", false],
  ["ema.", "averaged weights", true],
  ["ema_model.", "averaged weights", true],
  ["generator.", "the generator", false],
];

/** Takes off what stands in front of every name: `module.`, `_orig_mod.`, `ema.`, `ema_model.`, `generator.`. */
export function bareNames<T>(named: readonly (readonly [string, T])[]): NamedTensors<T> {
  const notes: string[] = [];
  let ema: boolean | null = null;
  let tensors = withoutCounter(onlyAveraged(named, notes), notes, () => {
    ema = true;
  });
  for (;;) {
    const found = prefixes.find(([prefix]) => tensors.length > 0 && tensors.every(([name]) => name.startsWith(prefix)));
    if (found === undefined) return { tensors, ema, notes };
    const [prefix, whose, averaged] = found;
    tensors = tensors.map(([name, tensor]) => [name.slice(prefix.length), tensor]);
    if (averaged) ema = true;
    notes.push(`\`${prefix}\` was taken off the names (${whose}).`);
  }
}

/** Both copies side by side, as denoising_diffusion_pytorch keeps them: `online_model.…` and `ema_model.…`. */
function onlyAveraged<T>(named: readonly (readonly [string, T])[], notes: string[]): [string, T][] {
  const averaged = named.filter(([name]) => name.startsWith("ema_model."));
  const both = averaged.length > 0 && named.some(([name]) => name.startsWith("online_model."));
  if (both) notes.push("Of `online_model.` and `ema_model.`, the averaged tensors were taken.");
  return (both ? averaged : named).map(([name, tensor]) => [name, tensor]);
}

/** torch's AveragedModel: `n_averaged` beside `module.…`. */
function withoutCounter<T>(tensors: [string, T][], notes: string[], averaged: () => void): [string, T][] {
  const others = tensors.filter(([name]) => name !== "n_averaged");
  if (others.length === tensors.length || !others.every(([name]) => name.startsWith("module."))) return tensors;
  notes.push("`n_averaged` was passed over: the tensors are those of an AveragedModel.");
  averaged();
  return others;
}

/** ddpm-ema-cifar10/unet/diffusion_pytorch_model.bin: no folder further up is about these weights. */
const FOLDERS = 2;

/**
 * What the path of a file says about its weights: averaged (`model=G_ema-best…`, `ema_diffusion_cifar10_model/…`), not
 * averaged (`model=G-best…`, `…non_ema…`), or nothing.
 */
export function averagedByName(path: string): boolean | null {
  const name = path.slice(path.lastIndexOf("/") + 1);
  if (/(^|[^a-z])(non|no|without)[_-]?ema([^a-z]|$)/i.test(name)) return false;
  if (/(^|[^a-z])ema([^a-z]|$)/i.test(name)) return true;
  if (/model=[GD]-/.test(name)) return false;
  const folders = path.split("/").slice(-1 - FOLDERS, -1);
  return folders.some((folder) => /(^|[^a-z])ema([^a-z]|$)/i.test(folder)) ? true : null;
}
