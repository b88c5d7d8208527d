import type { TrunkPlan } from "../../../plan/compile.ts";
import type { ConvolutionParameter, MapView, NormParameter } from "../../../plan/steps.ts";
import { ArenaLayout, type Segment } from "./arena.ts";

export interface NormSegments {
  readonly gain: Segment;
  readonly bias: Segment;
  readonly runningMean: Segment;
  readonly runningVariance: Segment;
}

/**
 * Where a network's tensors lie: trained ones in one arena (gradients and momenta have the same layout in arenas of
 * their own), running statistics in another. The head's are [classes][physical features] and [classes].
 */
export class ParameterLayout {
  readonly trained = new ArenaLayout();
  readonly running = new ArenaLayout();
  readonly headWeight: Segment;
  readonly headBias: Segment;
  readonly features: MapView;
  private readonly weights = new Map<ConvolutionParameter, Segment>();
  private readonly norms = new Map<NormParameter, NormSegments>();

  constructor(
    readonly plan: TrunkPlan,
    readonly classes: number,
  ) {
    const { parameters, features } = plan;
    this.features = features;
    for (const convolution of parameters.convolutions) {
      const { layer, inputs, outputs } = convolution;
      this.weights.set(convolution, this.trained.add(layer.kernel ** 2 * inputs * outputs));
    }
    for (const norm of parameters.norms) {
      this.norms.set(norm, {
        gain: this.trained.add(norm.channels),
        bias: this.trained.add(norm.channels),
        runningMean: this.running.add(norm.channels),
        runningVariance: this.running.add(norm.channels),
      });
    }
    this.headWeight = this.trained.add(classes * features.channels);
    this.headBias = this.trained.add(classes);
  }

  weight(convolution: ConvolutionParameter): Segment {
    return found(this.weights.get(convolution), convolution.layer.name);
  }

  norm(norm: NormParameter): NormSegments {
    return found(this.norms.get(norm), norm.layer.name);
  }
}

function found<T>(value: T | undefined, name: string): T {
  if (!value) throw new Error(`"${name}" is not of this network.`);
  return value;
}
