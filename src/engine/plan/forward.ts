import type { ResNet18 } from "../../networks/resnet18.ts";
import { normApply, normEvaluate, normFinalise, normPartial } from "./batchNorm.ts";
import type { Images } from "./buffers.ts";
import { convolution } from "./convolution.ts";
import { type BlockBuffers, type LayerBuffers, type TrunkBuffers, trunkLayers } from "./layers.ts";
import { type KernelCall, type Program, ProgramBuilder } from "./program.ts";
import type { Tables } from "./tables.ts";

/**
 * Images → features with batch statistics. One barrier per norm: the statistics need every image, while the
 * convolution before and everything after them work image by image on the thread that holds the image.
 */
export function forwardProgram(network: ResNet18, trunk: TrunkBuffers, tables: Tables): Program {
  const builder = new ProgramBuilder();
  const convolve = (buffers: LayerBuffers, x: Images) =>
    builder.chunks(convolution(buffers, x, tables), normPartial(buffers));

  convolve(trunk.stem, trunk.input).barrier();
  builder.every(normFinalise(trunk.stem)).chunks(normApply(trunk.stem, null, trunk.stemOut));
  let x = trunk.stemOut;
  for (const block of trunk.blocks) {
    const { first, second, shortcut, inner, out } = block;
    convolve(first, x);
    if (shortcut) convolve(shortcut, x);
    builder.barrier().every(normFinalise(first));
    if (shortcut) builder.every(normFinalise(shortcut));
    builder.chunks(normApply(first, null, inner));
    convolve(second, inner).barrier();
    builder.every(normFinalise(second)).chunks(normApply(second, shortcut ?? x, out));
    x = out;
  }
  return builder.chunks(pool(network, trunk)).build();
}

/** Images → features with running statistics: no barrier at all. */
export function evaluateProgram(network: ResNet18, trunk: TrunkBuffers, tables: Tables): Program {
  const builder = new ProgramBuilder();
  for (const buffers of trunkLayers(trunk)) builder.every(normEvaluate(buffers));
  builder.chunks(convolution(trunk.stem, trunk.input, tables), normApply(trunk.stem, null, trunk.stemOut));
  let x = trunk.stemOut;
  for (const { first, second, shortcut, inner, out } of trunk.blocks) {
    builder.chunks(convolution(first, x, tables), normApply(first, null, inner));
    if (shortcut) builder.chunks(convolution(shortcut, x, tables));
    builder.chunks(convolution(second, inner, tables), normApply(second, shortcut ?? x, out));
    x = out;
  }
  return builder.chunks(pool(network, trunk)).build();
}

function pool(network: ResNet18, trunk: TrunkBuffers): KernelCall {
  const last = trunk.blocks[trunk.blocks.length - 1] as BlockBuffers;
  return {
    kernel: "averagePool",
    args: [last.out.address, trunk.features, "lo", "hi", network.lastSize, network.featureDim / 8],
  };
}
