import type { DenseKernels } from "../kernels.ts";
import { normals, orthonormal, strayModels } from "./matrices.ts";

/** SHA-256 of what every method gives on seeded matrices, in hexadecimal. */
export async function digest(kernels: DenseKernels): Promise<string> {
  const [n, columns] = [1200, 67];
  const rows = normals("digest", n * columns, 2);
  const origin = Float64Array.from(normals("digest origin", columns));
  const vectors = orthonormal("digest basis", columns);
  const head = { weight: normals("digest weight", 11 * columns), bias: normals("digest bias", 11) };
  const bank = await kernels.openBank(rows, columns);
  const results = [
    await kernels.rowMaxima(rows, columns),
    await kernels.logSumExp(rows, columns, 1.5),
    await kernels.topProbability(rows, columns, 1),
    await kernels.softmax(rows, columns),
    await kernels.templateMatch(rows, columns, normals("digest templates", 5 * columns)),
    await kernels.openMax(rows, columns, strayModels(columns), 3, "known"),
    await kernels.absoluteSums(rows, columns),
    await kernels.columnSums(rows, columns),
    await kernels.headLogits(rows, columns, head, 1),
    await kernels.scatter(rows, columns, origin),
    await kernels.projectedNorms(rows, columns, { origin, vectors, kept: 12 }),
    await kernels.projectedNorms(rows, columns, { origin, vectors, kept: 50 }),
    await bank.kthSquaredDistances(normals("digest queries", 300 * columns), 20),
  ];
  bank.dispose();
  const bytes = results.flatMap((result) => Array.from(new Uint8Array(result.buffer as ArrayBuffer)));
  const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", Uint8Array.from(bytes)));
  return Array.from(hash, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
