import { Button, NativeSelect, NumberInput } from "@mantine/core";
import { type ReactNode, useState } from "react";
import type { BenchmarkInfo } from "../../../data/benchmark.ts";
import type { GeneratorInfo } from "../../../generators/generator.ts";
import type { PoolForm } from "../../../study/pool.ts";
import page from "../../plan/page.module.css";
import type { FillOrder } from "./fillOrder.ts";

interface FillFormProps {
  readonly benchmark: BenchmarkInfo;
  readonly generators: readonly GeneratorInfo[];
  readonly disabled: boolean;
  readonly onFill: (order: FillOrder) => void;
}

const forms: readonly { readonly value: PoolForm | ""; readonly label: string }[] = [
  { value: "", label: "what suits their size" },
  { value: "pixels", label: "pixels" },
  { value: "jpeg", label: "JPEG, quality 95" },
  { value: "seeds", label: "seeds only, made again when read" },
];

/** Which pool to fill. */
export function FillForm({ benchmark, generators, disabled, onFill }: FillFormProps): ReactNode {
  const [chosen, setChosen] = useState<string | null>(null);
  const [size, setSize] = useState<number | string>(20_000);
  const [seed, setSeed] = useState<number | string>(0);
  const [form, setForm] = useState("");
  const [problem, setProblem] = useState<string | null>(null);
  const generator = generators.find(({ id }) => id === chosen) ?? generators[0];

  const start = (): void => {
    try {
      if (generator === undefined) throw new Error(`No generator fits ${benchmark.title}.`);
      const spec = {
        benchmark: benchmark.id,
        generator: generator.id,
        size: whole(size, "size of the pool", 1, 100_000_000),
        seed: whole(seed, "seed of the pool", 0, 0xffffffff),
      };
      setProblem(null);
      onFill({ spec, form: forms.find(({ value }) => value !== "" && value === form) ? (form as PoolForm) : null });
    } catch (error) {
      setProblem(error instanceof Error ? error.message : String(error));
    }
  };

  return (
    <>
      <div className={page.bar}>
        <NativeSelect
          size="xs"
          label="Generator of the pool"
          value={generator?.id ?? ""}
          onChange={(event) => setChosen(event.target.value)}
          data={generators.map(({ id, title }) => ({ value: id, label: title }))}
        />
        <NumberInput size="xs" label="Size of the pool" min={1} allowDecimal={false} value={size} onChange={setSize} />
        <NumberInput size="xs" label="Seed of the pool" min={0} allowDecimal={false} value={seed} onChange={setSeed} />
        <NativeSelect
          size="xs"
          label="Images are kept as"
          value={form}
          onChange={(event) => setForm(event.target.value)}
          data={[...forms]}
        />
        <Button size="xs" disabled={disabled} onClick={start}>
          Fill a pool
        </Button>
      </div>
      {problem === null ? (
        <p className={page.note}>
          Image i depends only on the generator, the seed and i: a larger pool begins with the same images.
        </p>
      ) : (
        <p className={page.problem} role="alert">
          {problem}
        </p>
      )}
    </>
  );
}

function whole(value: number | string, what: string, min: number, max: number): number {
  if (typeof value === "number" && Number.isInteger(value) && value >= min && value <= max) return value;
  throw new Error(`The ${what} must be a whole number from ${min} to ${max}; it is "${value}".`);
}
