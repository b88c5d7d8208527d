/**
 * What a restricted pickle is made of. Python's containers keep their kind, since a list, a tuple and a dictionary mean
 * different things to whoever reads a checkpoint. Dictionaries are Maps: a key named `__proto__` is only a key.
 */
export type PickleValue =
  | null
  | boolean
  | number
  | bigint
  | string
  | PickleBytes
  | PickleTuple
  | PickleList
  | PickleSet
  | PickleDict
  | PickleObject;

/** A bytes object: where it lies, and its beginning. Those of pickled tensors are too large to be kept. */
export class PickleBytes {
  constructor(
    readonly length: number,
    /** The first of them, at most some thousand: a copy. */
    readonly head: Uint8Array<ArrayBuffer>,
    /** Its first byte, counted from the start of what the pickle was read from; null where it stands nowhere as such. */
    readonly offset: number | null,
  ) {}
}

export class PickleTuple {
  constructor(readonly items: readonly PickleValue[]) {}
}

export class PickleList {
  readonly items: PickleValue[] = [];
}

export class PickleSet {
  readonly items = new Set<PickleValue>();
}

export class PickleDict {
  readonly entries = new Map<PickleValue, PickleValue>();
}

/** Something that an allowed global stands for or makes. */
export abstract class PickleObject {
  /** What it is, for messages: "torch.FloatStorage". */
  abstract readonly what: string;
  /** REDUCE and NEWOBJ: what calling it gives. Absent = it cannot be called. */
  call?(args: readonly PickleValue[]): PickleValue;
  /** BUILD: takes the state of the pickled object. Absent = it takes none. */
  setState?(state: PickleValue): void;
}

/** An allowed global that is called. */
export class PickleFunction extends PickleObject {
  constructor(
    readonly what: string,
    override readonly call: (args: readonly PickleValue[]) => PickleValue,
  ) {
    super();
  }
}
