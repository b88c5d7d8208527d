import type { SafetensorsArray } from "./elements.ts";
import type { StoredTensor } from "./storedTensor.ts";

/** The same tensor; reading it adds a sentence to `warnings` where it holds numbers that no network can work with. */
export function checkedTensor(name: string, tensor: StoredTensor, warnings: string[]): StoredTensor {
  return {
    dtype: tensor.dtype,
    shape: tensor.shape,
    read: async () => {
      const data = await tensor.read();
      const warning = oddNumbers(name, tensor.shape, data);
      if (warning !== null && !warnings.includes(warning)) warnings.push(warning);
      return data;
    },
  };
}

const FLOATS: readonly string[] = ["F64", "F32", "F16", "BF16"];

/** The sentence for a tensor that has the name of weights and holds whole numbers; null for others. */
export function oddDtype(name: string, { dtype, shape }: StoredTensor): string | null {
  const isWeight = /(^|\.)(weight(_orig|_u|_v)?|bias|gain|running_(mean|var)s?)$/.test(name);
  if (!isWeight || FLOATS.includes(dtype)) return null;
  return `${name} [${shape.join(", ")}] is ${dtype}, expected floats: it was rounded, or is no weight.`;
}

function oddNumbers(name: string, shape: readonly number[], data: SafetensorsArray): string | null {
  if (!(data instanceof Float32Array || data instanceof Float64Array)) return null;
  const isVariance = /(^|\.)running_vars?$/.test(name);
  let count = 0;
  let negative = 0;
  let first = -1;
  for (let k = 0; k < data.length; k++) {
    const value = data[k] as number;
    if (!Number.isFinite(value)) {
      if (count === 0) first = k;
      count++;
    } else if (isVariance && value < 0) negative++;
  }
  const what = `${name} [${shape.join(", ")}]`;
  if (count > 0) {
    return `${what} holds ${count} ${count === 1 ? "number that is" : "numbers that are"} not finite, ${data[first]} at element ${first}: images will be damaged.`;
  }
  return negative > 0
    ? `${what} holds ${negative} negative ${negative === 1 ? "variance" : "variances"}: images will not be numbers.`
    : null;
}
