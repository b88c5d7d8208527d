import type { ByteSource } from "./byteSource.ts";
import { CheckpointError, shown } from "./checkpointError.ts";
import { OPCODES } from "./pickleOpcodes.ts";
import { PickleReader, TruncatedPickle } from "./pickleReader.ts";
import { PickleDict, PickleList, PickleObject, PickleSet, PickleTuple, type PickleValue } from "./pickleValues.ts";
import { refusal } from "./refusedGlobals.ts";

/** What a pickle may refer to. */
export interface PickleRules {
  /** Allowed globals by full name, "collections.OrderedDict"; any other one ends the reading. */
  readonly globals: ReadonlyMap<string, PickleObject>;
  /** Resolves a persistent id. Throws CheckpointError where it means nothing. */
  persistent(id: PickleValue): PickleValue;
}

const HIGHEST_PROTOCOL = 5;
/** A network of 10,000 tensors needs half a million. */
const MAX_OPCODES = 2 ** 22;
const WINDOW_BYTES = 2 ** 16;

/**
 * Reads a pickle of protocol 2 to 5 as data. Nothing in it runs: a global is looked up in a table of allowed ones when
 * it is met, calling it runs this program's own function, and an opcode beyond those that data needs is refused by
 * name. Throws CheckpointError.
 */
export function readPickle(bytes: Uint8Array, rules: PickleRules): PickleValue {
  return readPickleAt(bytes, 0, rules).value;
}

/** Reads the pickle that begins at byte `start`; `end` is the byte behind it. */
export function readPickleAt(
  bytes: Uint8Array,
  start: number,
  rules: PickleRules,
): { readonly value: PickleValue; readonly end: number } {
  const machine = new Machine(new PickleReader(bytes, start), rules);
  const value = machine.run();
  return { value, end: machine.reader.position };
}

/** Reads the pickle that a file consists of, window by window; most of its bytes objects, its tensors, are jumped over. */
export async function readPickleFile(source: ByteSource, rules: PickleRules): Promise<PickleValue> {
  const first = await source.read(0, Math.min(source.size, WINDOW_BYTES));
  const machine = new Machine(new PickleReader(first, 0, source.size), rules);
  for (;;) {
    try {
      return machine.run();
    } catch (error) {
      if (!(error instanceof TruncatedPickle) || error.due > source.size) throw error;
      const bytes = Math.max(WINDOW_BYTES, error.due - machine.opcode);
      const window = await source.read(machine.opcode, Math.min(bytes, source.size - machine.opcode));
      machine.reader.moveTo(machine.opcode, window);
    }
  }
}

type Step = (machine: Machine) => void;

class Machine {
  /** Position of the opcode that is carried out. Opcodes read all their operands before they change anything. */
  opcode = 0;
  private opcodes = 0;
  readonly memo = new Map<number, PickleValue>();
  private stack: PickleValue[] = [];
  private readonly marked: PickleValue[][] = [];

  constructor(
    readonly reader: PickleReader,
    readonly rules: PickleRules,
  ) {}

  /** Carries out opcodes up to the end of the pickle. After a TruncatedPickle it may be called again, with more bytes. */
  run(): PickleValue {
    for (;;) {
      this.opcode = this.reader.position;
      if (++this.opcodes > MAX_OPCODES) {
        throw new CheckpointError(
          `The pickle has more than ${MAX_OPCODES} opcodes, which no checkpoint needs: refused.`,
        );
      }
      const code = this.reader.uint8();
      const name = OPCODES.get(code);
      if (name === "STOP") return this.pop();
      const step = name === undefined ? undefined : steps.get(name);
      if (step === undefined) {
        const what = name ?? `0x${code.toString(16)}`;
        throw new CheckpointError(
          `The pickle uses the opcode ${what} at byte ${this.opcode}, which no checkpoint of tensors needs: refused.`,
        );
      }
      step(this);
    }
  }

  push(value: PickleValue): void {
    this.stack.push(value);
  }

  pop(): PickleValue {
    const value = this.stack.pop();
    if (value === undefined) throw this.damaged("it takes more from its stack than is there");
    return value;
  }

  top(): PickleValue {
    const value = this.stack.at(-1);
    if (value === undefined) throw this.damaged("it looks at an empty stack");
    return value;
  }

  mark(): void {
    this.marked.push(this.stack);
    this.stack = [];
  }

  popToMark(): PickleValue[] {
    const items = this.stack;
    const below = this.marked.pop();
    if (below === undefined) throw this.damaged("it looks for a mark that is not there");
    this.stack = below;
    return items;
  }

  recall(slot: number): void {
    const value = this.memo.get(slot);
    if (value === undefined) throw this.damaged(`its memo has no slot ${slot}`);
    this.push(value);
  }

  global(module: string, name: string): void {
    const full = `${module}.${name}`;
    const allowed = this.rules.globals.get(full);
    if (allowed === undefined) throw new CheckpointError(refusal(full));
    this.push(allowed);
  }

  damaged(what: string): CheckpointError {
    return new CheckpointError(`The pickle is damaged: ${what}, at byte ${this.reader.position}.`);
  }
}

function tuple(count: number): Step {
  return (m) => {
    const items = Array.from({ length: count }, () => m.pop()).reverse();
    m.push(new PickleTuple(items));
  };
}

function call(m: Machine): void {
  const args = m.pop();
  const callee = m.pop();
  if (!(callee instanceof PickleObject) || callee.call === undefined) {
    throw m.damaged(`it calls ${callee instanceof PickleObject ? callee.what : "something that is no function"}`);
  }
  if (!(args instanceof PickleTuple)) throw m.damaged(`it calls ${callee.what} without a tuple of arguments`);
  m.push(callee.call(args.items));
}

/** Never allowed; its name is read only to be told. */
function refuseInstance(m: Machine): void {
  const module = m.reader.line();
  const full = `${module}.${m.reader.line()}`;
  throw new CheckpointError(
    `The pickle uses the opcode INST to make a "${shown(full)}", which no checkpoint of tensors needs: refused. Nothing was run.`,
  );
}

function setItems(m: Machine, dict: PickleValue, items: readonly PickleValue[]): void {
  if (!(dict instanceof PickleDict)) throw m.damaged("it sets items of something that is no dictionary");
  if (items.length % 2 !== 0) throw m.damaged("a dictionary has a key without a value");
  for (let k = 0; k < items.length; k += 2) dict.entries.set(items[k] ?? null, items[k + 1] ?? null);
}

function appendItems(m: Machine, list: PickleValue, items: readonly PickleValue[]): void {
  if (!(list instanceof PickleList)) throw m.damaged("it appends to something that is no list");
  for (const item of items) list.items.push(item);
}

const steps: ReadonlyMap<string, Step> = new Map(
  Object.entries<Step>({
    PROTO: (m) => {
      const protocol = m.reader.uint8();
      if (protocol > HIGHEST_PROTOCOL)
        throw m.damaged(`it says protocol ${protocol}, known are 2 to ${HIGHEST_PROTOCOL}`);
    },
    FRAME: (m) => void m.reader.length64(),
    MARK: (m) => m.mark(),
    POP: (m) => void m.pop(),
    POP_MARK: (m) => void m.popToMark(),
    DUP: (m) => m.push(m.top()),
    NONE: (m) => m.push(null),
    NEWTRUE: (m) => m.push(true),
    NEWFALSE: (m) => m.push(false),
    BININT: (m) => m.push(m.reader.int32()),
    BININT1: (m) => m.push(m.reader.uint8()),
    BININT2: (m) => m.push(m.reader.uint16()),
    LONG1: (m) => m.push(m.reader.long(m.reader.uint8())),
    LONG4: (m) => m.push(m.reader.long(m.reader.int32())),
    BINFLOAT: (m) => m.push(m.reader.float64()),
    BINUNICODE: (m) => m.push(m.reader.text(m.reader.uint32())),
    SHORT_BINUNICODE: (m) => m.push(m.reader.text(m.reader.uint8())),
    BINUNICODE8: (m) => m.push(m.reader.text(m.reader.length64())),
    // Of protocol 0, whose other opcodes are refused: so much of it that a message can say what such a pickle is after.
    STRING: (m) => m.push(m.reader.quoted()),
    // Python 2's str: names in old checkpoints.
    BINSTRING: (m) => m.push(m.reader.text(m.reader.uint32())),
    SHORT_BINSTRING: (m) => m.push(m.reader.text(m.reader.uint8())),
    BINBYTES: (m) => m.push(m.reader.raw(m.reader.uint32())),
    SHORT_BINBYTES: (m) => m.push(m.reader.raw(m.reader.uint8())),
    BINBYTES8: (m) => m.push(m.reader.raw(m.reader.length64())),
    EMPTY_TUPLE: (m) => m.push(new PickleTuple([])),
    TUPLE: (m) => m.push(new PickleTuple(m.popToMark())),
    TUPLE1: tuple(1),
    TUPLE2: tuple(2),
    TUPLE3: tuple(3),
    EMPTY_LIST: (m) => m.push(new PickleList()),
    LIST: (m) => {
      const items = m.popToMark();
      const list = new PickleList();
      appendItems(m, list, items);
      m.push(list);
    },
    APPEND: (m) => {
      const item = m.pop();
      appendItems(m, m.top(), [item]);
    },
    APPENDS: (m) => {
      const items = m.popToMark();
      appendItems(m, m.top(), items);
    },
    EMPTY_SET: (m) => m.push(new PickleSet()),
    ADDITEMS: (m) => {
      const items = m.popToMark();
      const set = m.top();
      if (!(set instanceof PickleSet)) throw m.damaged("it adds to something that is no set");
      for (const item of items) set.items.add(item);
    },
    EMPTY_DICT: (m) => m.push(new PickleDict()),
    DICT: (m) => {
      const items = m.popToMark();
      const dict = new PickleDict();
      setItems(m, dict, items);
      m.push(dict);
    },
    SETITEM: (m) => {
      const value = m.pop();
      const key = m.pop();
      setItems(m, m.top(), [key, value]);
    },
    SETITEMS: (m) => {
      const items = m.popToMark();
      setItems(m, m.top(), items);
    },
    GLOBAL: (m) => {
      const module = m.reader.line();
      m.global(module, m.reader.line());
    },
    STACK_GLOBAL: (m) => {
      const name = m.pop();
      const module = m.pop();
      if (typeof module !== "string" || typeof name !== "string")
        throw m.damaged("a global has a name that is no text");
      m.global(module, name);
    },
    INST: refuseInstance,
    REDUCE: call,
    NEWOBJ: call,
    BUILD: (m) => {
      const state = m.pop();
      const target = m.top();
      if (!(target instanceof PickleObject || target instanceof PickleDict))
        throw m.damaged("it sets the state of plain data");
      if (!("setState" in target) || target.setState === undefined) {
        const what = target instanceof PickleObject ? target.what : "a dictionary";
        throw new CheckpointError(`The pickle uses the opcode BUILD on ${what}, which takes no state: refused.`);
      }
      target.setState(state);
    },
    BINPERSID: (m) => m.push(m.rules.persistent(m.pop())),
    BINPUT: (m) => void m.memo.set(m.reader.uint8(), m.top()),
    LONG_BINPUT: (m) => void m.memo.set(m.reader.uint32(), m.top()),
    MEMOIZE: (m) => void m.memo.set(m.memo.size, m.top()),
    BINGET: (m) => m.recall(m.reader.uint8()),
    LONG_BINGET: (m) => m.recall(m.reader.uint32()),
  }),
);
