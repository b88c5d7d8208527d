import { type BasicBlock, type ConvBn, type ResNet18, resnet18, stateLayout } from "../../networks/resnet18.ts";
import type { NetworkSpec, SgdHyper, StateDict } from "../network.ts";
import {
  batchStatistics,
  combine,
  convolve,
  convolveGradient,
  type NormStatistics,
  normalise,
  normaliseGradient,
  relu,
  reluGradient,
  type Tensor,
  zeros,
} from "./oracleLayers.ts";

/** What a layer's forward pass leaves for its backward pass. */
interface LayerTrace {
  readonly x: Tensor;
  readonly y: Tensor;
  readonly statistics: NormStatistics;
}

interface Pass {
  readonly features: Float64Array;
  readonly logits: Float64Array;
}

/** A forward pass in training mode, with all that its backward pass needs. */
interface Trace extends Pass {
  readonly layers: Map<ConvBn, LayerTrace>;
  /** Output of each ReLU, by the block and the norm before it. */
  readonly stemOut: Tensor;
  readonly inner: Map<BasicBlock, Tensor>;
  readonly out: Map<BasicBlock, Tensor>;
}

/**
 * The whole classifier in naive float64 loops: the device that defines what the others have to compute. Only for
 * tests and tiny sizes.
 */
export class Oracle {
  readonly state = new Map<string, Float64Array>();
  private readonly momenta = new Map<string, Float64Array>();
  private readonly network: ResNet18;

  constructor(spec: NetworkSpec, state: StateDict) {
    this.network = resnet18(spec);
    for (const { name } of stateLayout(this.network)) {
      const tensor = state.get(name);
      if (!tensor) throw new Error(`The state has no ${name}.`);
      this.state.set(name, Float64Array.from(tensor.data));
    }
  }

  /** Features and logits in evaluation mode of images [n][3][size][size], normalised. */
  evaluate(images: Float64Array, n: number): Pass {
    return this.forward(images, n, (layer) => ({
      mean: this.tensor(`${layer.norm}.running_mean`),
      variance: this.tensor(`${layer.norm}.running_var`),
    }));
  }

  /** Mean cross-entropy of a training-mode forward pass. */
  loss(images: Float64Array, labels: Int32Array): number {
    return this.crossEntropy(this.forward(images, labels.length, null).logits, labels).loss;
  }

  /** Mean cross-entropy and its gradient by every trained tensor, in training mode. */
  gradients(
    images: Float64Array,
    labels: Int32Array,
  ): { loss: number; gradients: Map<string, Float64Array>; trace: Trace } {
    const trace = this.forward(images, labels.length, null);
    const { loss, dLogits } = this.crossEntropy(trace.logits, labels);
    const gradients = new Map<string, Float64Array>();
    const dFeatures = this.headGradient(trace.features, dLogits, labels.length, gradients);
    this.backward(trace, dFeatures, labels.length, gradients);
    return { loss, gradients, trace };
  }

  /** One SGD step with Nesterov momentum and weight decay, and the running statistics. @returns the loss */
  trainStep(images: Float64Array, labels: Int32Array, hyper: SgdHyper): number {
    const { loss, gradients, trace } = this.gradients(images, labels);
    for (const [name, gradient] of gradients) {
      const p = this.tensor(name);
      const m = this.momenta.get(name) ?? new Float64Array(p.length);
      this.momenta.set(name, m);
      for (let i = 0; i < p.length; i++) {
        const g = (gradient[i] as number) + hyper.weightDecay * (p[i] as number);
        const momentum = hyper.momentum * (m[i] as number) + g;
        m[i] = momentum;
        p[i] = (p[i] as number) - hyper.lr * (g + hyper.momentum * momentum);
      }
    }
    for (const [layer, { y, statistics }] of trace.layers) {
      const count = y.n * y.size * y.size;
      const mean = this.tensor(`${layer.norm}.running_mean`);
      const variance = this.tensor(`${layer.norm}.running_var`);
      for (let c = 0; c < mean.length; c++) {
        mean[c] = 0.9 * (mean[c] as number) + 0.1 * (statistics.mean[c] as number);
        variance[c] = 0.9 * (variance[c] as number) + (0.1 * (statistics.variance[c] as number) * count) / (count - 1);
      }
    }
    return loss;
  }

  private tensor(name: string): Float64Array {
    const tensor = this.state.get(name);
    if (!tensor) throw new Error(`The network has no ${name}.`);
    return tensor;
  }

  /** Training mode if `running` is null, else the statistics that it names. */
  private forward(images: Float64Array, n: number, running: ((layer: ConvBn) => NormStatistics) | null): Trace {
    const { stem, blocks, featureDim, lastSize } = this.network;
    const layers = new Map<ConvBn, LayerTrace>();
    const inner = new Map<BasicBlock, Tensor>();
    const out = new Map<BasicBlock, Tensor>();
    const convNorm = (layer: ConvBn, x: Tensor): Tensor => {
      const y = convolve(layer, this.tensor(`${layer.conv}.weight`), x);
      const statistics = running ? running(layer) : batchStatistics(y);
      layers.set(layer, { x, y, statistics });
      return normalise(y, statistics, this.tensor(`${layer.norm}.weight`), this.tensor(`${layer.norm}.bias`));
    };
    const stemOut = relu(convNorm(stem, { n, channels: 3, size: stem.size, data: images }));
    let x = stemOut;
    for (const block of blocks) {
      const middle = relu(convNorm(block.first, x));
      const side = block.shortcut ? convNorm(block.shortcut, x) : x;
      x = relu(combine(convNorm(block.second, middle), side, (a, b) => a + b));
      inner.set(block, middle);
      out.set(block, x);
    }
    const area = lastSize * lastSize;
    const features = new Float64Array(n * featureDim);
    for (let i = 0; i < x.data.length; i++) {
      const f = Math.floor(i / area);
      features[f] = (features[f] as number) + (x.data[i] as number) / area;
    }
    return { features, logits: this.logits(features, n), layers, stemOut, inner, out };
  }

  private logits(features: Float64Array, n: number): Float64Array {
    const { featureDim: d, spec } = this.network;
    const weight = this.tensor("fc.weight");
    const logits = new Float64Array(n * spec.classes);
    for (let i = 0; i < logits.length; i++) {
      const k = i % spec.classes;
      let sum = this.tensor("fc.bias")[k] as number;
      for (let j = 0; j < d; j++) {
        sum += (features[Math.floor(i / spec.classes) * d + j] as number) * (weight[k * d + j] as number);
      }
      logits[i] = sum;
    }
    return logits;
  }

  private crossEntropy(logits: Float64Array, labels: Int32Array): { loss: number; dLogits: Float64Array } {
    const { classes } = this.network.spec;
    const dLogits = new Float64Array(logits.length);
    let loss = 0;
    labels.forEach((label, i) => {
      const row = logits.subarray(i * classes, (i + 1) * classes);
      const largest = Math.max(...row);
      const exps = row.map((z) => Math.exp(z - largest));
      const total = exps.reduce((sum, e) => sum + e, 0);
      loss += (Math.log(total) + largest - (row[label] as number)) / labels.length;
      exps.forEach((e, k) => {
        dLogits[i * classes + k] = (e / total - (k === label ? 1 : 0)) / labels.length;
      });
    });
    return { loss, dLogits };
  }

  private headGradient(
    features: Float64Array,
    dLogits: Float64Array,
    n: number,
    gradients: Map<string, Float64Array>,
  ): Float64Array {
    const { featureDim: d, spec } = this.network;
    const weight = this.tensor("fc.weight");
    const dWeight = new Float64Array(weight.length);
    const dBias = new Float64Array(spec.classes);
    const dFeatures = new Float64Array(n * d);
    dLogits.forEach((g, at) => {
      const i = Math.floor(at / spec.classes);
      const k = at % spec.classes;
      dBias[k] = (dBias[k] as number) + g;
      for (let j = 0; j < d; j++) {
        dWeight[k * d + j] = (dWeight[k * d + j] as number) + g * (features[i * d + j] as number);
        dFeatures[i * d + j] = (dFeatures[i * d + j] as number) + g * (weight[k * d + j] as number);
      }
    });
    gradients.set("fc.weight", dWeight).set("fc.bias", dBias);
    return dFeatures;
  }

  private backward(trace: Trace, dFeatures: Float64Array, n: number, gradients: Map<string, Float64Array>): void {
    const { stem, blocks, featureDim, lastSize } = this.network;
    const convNormGradient = (layer: ConvBn, dOut: Tensor): Tensor => {
      const { x, y, statistics } = trace.layers.get(layer) as LayerTrace;
      const norm = normaliseGradient(y, statistics, this.tensor(`${layer.norm}.weight`), dOut);
      const conv = convolveGradient(layer, this.tensor(`${layer.conv}.weight`), x, norm.dx);
      gradients
        .set(`${layer.conv}.weight`, conv.dWeight)
        .set(`${layer.norm}.weight`, norm.dGamma)
        .set(`${layer.norm}.bias`, norm.dBeta);
      return conv.dx;
    };
    let gradient = zeros(n, featureDim, lastSize);
    const area = lastSize * lastSize;
    gradient.data.forEach((_, i) => {
      gradient.data[i] = (dFeatures[Math.floor(i / area)] as number) / area;
    });
    for (const block of [...blocks].reverse()) {
      const behindRelu = reluGradient(trace.out.get(block) as Tensor, gradient);
      const dInner = convNormGradient(block.second, behindRelu);
      const dx = convNormGradient(block.first, reluGradient(trace.inner.get(block) as Tensor, dInner));
      const side = block.shortcut ? convNormGradient(block.shortcut, behindRelu) : behindRelu;
      gradient = combine(dx, side, (a, b) => a + b);
    }
    convNormGradient(stem, reluGradient(trace.stemOut, gradient));
  }
}

/** The trained tensors' names, in state_dict order. */
export function trainedNames(spec: NetworkSpec): string[] {
  return stateLayout(resnet18(spec))
    .filter(({ trained }) => trained)
    .map(({ name }) => name);
}
