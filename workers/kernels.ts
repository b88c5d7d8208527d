import type { BackendRequest } from "../src/engine/backend.ts";
import { openBrowserDenseKernels } from "../src/engine/dense/browser.ts";
import type { DenseKernels } from "../src/engine/dense/kernels.ts";
import { plainKernels } from "../src/engine/dense/plain.ts";

let kept: { readonly key: string; readonly kernels: Promise<DenseKernels> } | null = null;

/**
 * This worker's kernels for a request, opened on first use; those whose threads failed are replaced. As on the command
 * line, backend "cpu" means the float64 loops.
 */
export async function kernelsFor(request: BackendRequest): Promise<DenseKernels> {
  if (request.backend === "cpu") return plainKernels;
  const { threads, reproducible } = request;
  const key = JSON.stringify([threads, reproducible]);
  const before = kept;
  if (before?.key === key && (await works(before.kernels))) return before.kernels;
  if (before !== kept) return kernelsFor(request);
  before?.kernels.then((kernels) => kernels.dispose()).catch(() => null);
  const kernels = openBrowserDenseKernels({ threads, reproducible });
  kept = { key, kernels };
  return kernels;
}

/** Kernels that lost a thread refuse every call. */
async function works(kernels: Promise<DenseKernels>): Promise<boolean> {
  try {
    await (await kernels).rowMaxima(new Float32Array(1), 1);
    return true;
  } catch {
    return false;
  }
}
