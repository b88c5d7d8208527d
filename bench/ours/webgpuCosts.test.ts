import { expect, it } from "vitest";
import { costsReport } from "./webgpuCosts.ts";

const head = `# What a training step costs on WebGPU

Counted from the compiled plan, without a GPU. **The speed is unmeasured**: no GPU was at hand. A GPU of P FLOP/s and
B bytes/s needs at least max(FLOP / P, bytes / B) for each kernel; where FLOP/byte is above P / B (20 to 60 on most),
arithmetic decides, below it memory.

The same table for other sizes, and GFLOP/s of each convolution where there is a GPU:
\`npm run bench -- --case conv --backend webgpu --width 64 --batch 128\`.
This file is written by \`npx vitest run --project unit bench/ours/webgpuCosts -u\` and checked by the same test.
`;

it("docs/webgpu-costs.md says what the plan of today costs", async () => {
  await expect(`${head}\n${costsReport(64, 128, 32)}\n`).toMatchFileSnapshot("../../docs/webgpu-costs.md");
});
