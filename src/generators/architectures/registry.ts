import type { CheckpointFile } from "../../checkpoints/checkpointFile.ts";
import type { Architecture, Recognised } from "./architecture.ts";
import { bigGan } from "./biggan/biggan.ts";
import { bigGanDeep } from "./bigganDeep/bigganDeep.ts";
import { ddpm } from "./ddpm/ddpm.ts";
import { studioGan } from "./studiogan/studiogan.ts";
import { stylegan2 } from "./stylegan2/stylegan2.ts";

/** One entry per architecture, the most particular first; a new one needs its folder and its line here. */
const ARCHITECTURES: readonly Architecture[] = [stylegan2, ddpm, studioGan, bigGanDeep, bigGan];

/**
 * What the checkpoint is, by its keys and shapes; null where it is no known generator.
 * @throws CheckpointError where it nearly is one: every missing, unexpected and mis-shaped key
 */
export function recogniseGenerator(file: CheckpointFile): Recognised | null {
  for (const architecture of ARCHITECTURES) {
    const recognised = architecture.recognise(file);
    if (recognised !== null) return recognised;
  }
  return null;
}
