import { dispose, type Tensor, type Tensor2D, type Tensor4D, tensor4d, tidy } from "@tensorflow/tfjs-core";
import { architecture, stateLayout } from "../../networks/architecture.ts";
import type { Trunk } from "../../networks/trunk.ts";
import { nhwcLayout, normalisedNhwc, writeNormalised } from "../augment.ts";
import type { BackendRecord } from "../backend.ts";
import { checkHyper, checkImages, checkNormalised, checkTrainBatch, countCorrect } from "../batch.ts";
import {
  type Forward,
  type InputGradient,
  type InputLoss,
  type Loss,
  type Network,
  type NetworkSpec,
  NonFiniteLoss,
  type Normalisation,
  type SgdHyper,
  type StateDict,
  type StepResult,
  type TrainBatch,
} from "../network.ts";
import type { TapeDevice } from "./device.ts";
import { disposePass, head, type Pass, pass } from "./gradients.ts";
import { inputPass } from "./inputGradient.ts";
import { Parameters } from "./parameters.ts";
import { byRunningStatistics, features } from "./trunk.ts";
import { sgdStep, updateRunningStatistics } from "./update.ts";

export interface TapeNetworkOptions {
  readonly maxBatch: number;
  readonly normalisation: Normalisation;
}

/** Writes the normalised pixels of the images `first` … `first + length − 1` to the beginning of `target`. */
type WriteSlice = (first: number, length: number, target: Float32Array) => void;

/** A {@link Network} that tfjs differentiates by its tape. Starts with all parameters 0: import a state first. */
export class TapeNetwork implements Network {
  readonly stepsInFlight = 1;
  readonly featureDim: number;
  private readonly trunk: Trunk;
  private readonly parameters: Parameters;
  private readonly inputSize: number;
  private busy = false;
  private disposed = false;

  constructor(
    readonly spec: NetworkSpec,
    readonly backend: BackendRecord,
    private readonly device: TapeDevice,
    private readonly options: TapeNetworkOptions,
  ) {
    const network = architecture(spec);
    this.trunk = network.trunk;
    this.featureDim = network.trunk.featureDim;
    this.inputSize = spec.imageSize ** 2 * 3;
    device.activate();
    this.parameters = new Parameters(stateLayout(network));
  }

  async trainStep(batch: TrainBatch, loss: Loss, hyper: SgdHyper): Promise<StepResult> {
    checkTrainBatch(batch, this.spec, this.options.maxBatch);
    const labels = batch.labels.slice(0, batch.count);
    const input = normalisedNhwc(batch, this.spec, this.options.normalisation);
    const { value, logits } = await this.trainNormalised(input, labels, loss, hyper);
    return { loss: value, correct: countCorrect(logits, labels, batch.count, this.spec.classes) };
  }

  /**
   * The step itself, on pixels that are already augmented and normalised: [labels.length][imageSize][imageSize][3].
   * After a NonFiniteLoss the parameters are not to be used.
   */
  async trainNormalised(
    input: Float32Array,
    labels: Int32Array,
    loss: Loss,
    hyper: SgdHyper,
  ): Promise<{ value: number; logits: Float32Array }> {
    checkHyper(hyper);
    return this.exclusively(async () => {
      const images = tensor4d(input, this.inputShape(labels.length));
      let step: Pass;
      try {
        step = pass(this.trunk, this.parameters, images, labels, loss, "training");
      } finally {
        images.dispose();
      }
      try {
        sgdStep(this.device.rules, this.parameters, step.gradients, hyper);
        updateRunningStatistics(this.device.rules, this.parameters, step.statistics);
        const [losses, logits] = await this.device.faults.during(
          Promise.all([step.loss.data<"float32">(), step.logits.data<"float32">(), this.device.finished()]),
        );
        const value = losses[0] ?? Number.NaN;
        if (!Number.isFinite(value)) throw new NonFiniteLoss(value);
        return { value, logits: logits.slice() };
      } finally {
        disposePass(step);
      }
    });
  }

  async forward(images: Uint8Array, count: number): Promise<Forward> {
    checkImages(images, count, this.spec);
    const { inputSize } = this;
    return this.evaluate(count, (first, length, target) => {
      const slice = images.subarray(first * inputSize, (first + length) * inputSize);
      const raw = { count: length, images: slice, augmentation: null };
      writeNormalised(raw, this.spec, this.options.normalisation, target, nhwcLayout(this.spec.imageSize));
    });
  }

  async forwardNormalised(input: Float32Array, count: number): Promise<Forward> {
    checkNormalised(input, count, this.spec);
    return this.evaluate(count, this.copyFrom(input));
  }

  async inputGradient(input: Float32Array, count: number, loss: InputLoss): Promise<InputGradient> {
    checkNormalised(input, count, this.spec);
    const gradient = new Float32Array(input.length);
    const outputs = this.outputs(count);
    await this.eachSlice(count, this.copyFrom(input), async (images, first, length) => {
      const pass = inputPass(this.trunk, this.parameters, images, length, (logits) => loss(logits, first));
      try {
        const [value = Number.NaN] = await pass.loss.data();
        if (!Number.isFinite(value)) throw new NonFiniteLoss(value);
        gradient.set(await read(pass.gradient, length * this.inputSize), first * this.inputSize);
        await this.collect(outputs, pass, first, length);
      } finally {
        dispose([pass.loss, pass.gradient, pass.features, pass.logits]);
      }
    });
    return { gradient, ...outputs };
  }

  private async evaluate(count: number, write: WriteSlice): Promise<Forward> {
    const outputs = this.outputs(count);
    await this.eachSlice(count, write, async (images, first, length) => {
      const pass = tidy(() => {
        const pooled = features(this.trunk, this.parameters, images, byRunningStatistics(this.parameters));
        return { features: pooled, logits: head(this.parameters, pooled) };
      });
      try {
        await this.collect(outputs, pass, first, length);
      } finally {
        dispose([pass.features, pass.logits]);
      }
    });
    return outputs;
  }

  private outputs(count: number): Forward {
    return {
      features: new Float32Array(count * this.featureDim),
      logits: new Float32Array(count * this.spec.classes),
    };
  }

  /** Reads a slice's first `length` rows to where they belong among all images. */
  private async collect(
    outputs: Forward,
    pass: { features: Tensor2D; logits: Tensor2D },
    first: number,
    length: number,
  ): Promise<void> {
    const { featureDim } = this;
    const { classes } = this.spec;
    outputs.features.set(await read(pass.features, length * featureDim), first * featureDim);
    outputs.logits.set(await read(pass.logits, length * classes), first * classes);
  }

  private copyFrom(input: Float32Array): WriteSlice {
    return (first, length, target) => {
      target.set(input.subarray(first * this.inputSize, (first + length) * this.inputSize));
    };
  }

  /** Runs `call` on slices of at most `maxBatch` images. */
  private async eachSlice(
    count: number,
    write: WriteSlice,
    call: (images: Tensor4D, first: number, length: number) => Promise<void>,
  ): Promise<void> {
    return this.exclusively(async () => {
      const { maxBatch } = this.options;
      for (let first = 0; first < count; first += maxBatch) {
        const length = Math.min(maxBatch, count - first);
        // One shape for every slice: the GPU buffer pool keeps a buffer of every size it ever saw.
        const padded = this.device.fixedShapes ? maxBatch : length;
        const input = new Float32Array(padded * this.inputSize);
        write(first, length, input);
        this.device.activate();
        const images = tensor4d(input, this.inputShape(padded));
        try {
          await this.device.faults.during(call(images, first, length));
        } finally {
          images.dispose();
        }
      }
    });
  }

  async exportState(options: { momenta: boolean }): Promise<StateDict> {
    return this.exclusively(() => this.device.faults.during(this.parameters.read(options)));
  }

  async importState(state: StateDict): Promise<void> {
    return this.exclusively(async () => this.parameters.write(state));
  }

  dispose(): void {
    if (this.disposed) return;
    this.disposed = true;
    this.parameters.dispose();
  }

  private inputShape(count: number): [number, number, number, number] {
    return [count, this.spec.imageSize, this.spec.imageSize, 3];
  }

  /** Runs one call. Its synchronous part has this network's backend; anything after an await must activate it again. */
  private async exclusively<T>(call: () => Promise<T>): Promise<T> {
    if (this.disposed) throw new Error("The network has been disposed.");
    if (this.busy) throw new Error("The network is busy: one call at a time.");
    this.device.faults.check();
    this.busy = true;
    try {
      this.device.activate();
      return await call();
    } finally {
      this.busy = false;
    }
  }
}

/** Copies the first `length` numbers to the CPU. */
async function read(tensor: Tensor, length: number): Promise<Float32Array> {
  return (await tensor.data<"float32">()).slice(0, length);
}
