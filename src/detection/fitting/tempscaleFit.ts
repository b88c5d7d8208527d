import { quickExp, quickLog } from "./quickMath.ts";

/** Mean negative log-likelihood of z/T and its derivative by T. */
export type LikelihoodByTemperature = (temperature: number) => { readonly loss: number; readonly slope: number };

/**
 * Mean CE(z/T, y) as a function of T, in float64 with the largest logit taken out first.
 *
 * @param labels each from 0 to classes − 1
 */
export function likelihoodByTemperature(
  logits: Float32Array,
  labels: Int32Array,
  classes: number,
): LikelihoodByTemperature {
  // How far each logit lies below the largest of its row: all that the loss depends on.
  const below = Float64Array.from(logits);
  const target = new Float64Array(labels.length);
  for (const [i, label] of labels.entries()) {
    const row = below.subarray(i * classes, (i + 1) * classes);
    let top = Number.NEGATIVE_INFINITY;
    for (const logit of row) top = Math.max(top, logit);
    for (let k = 0; k < classes; k++) row[k] = (row[k] as number) - top;
    target[i] = row[label] as number;
  }
  return (temperature) => {
    let loss = 0;
    let slope = 0;
    for (let i = 0; i < target.length; i++) {
      let sum = 0;
      let weighted = 0;
      for (let at = i * classes; at < (i + 1) * classes; at++) {
        const logit = below[at] as number;
        const weight = quickExp(logit / temperature);
        sum += weight;
        weighted += weight * logit;
      }
      const own = target[i] as number;
      loss += quickLog(sum) - own / temperature;
      slope += own - weighted / sum;
    }
    return { loss: loss / target.length, slope: slope / target.length / temperature ** 2 };
  };
}

export interface TemperatureFit {
  readonly temperature: number;
  /** T at each evaluation of the loss. */
  readonly trace: readonly number[];
}

const START = 1.5;
const RATE = 0.01;
const ITERATIONS = 50;
const SMALL_SLOPE = 1e-7;
const SMALL_CHANGE = 1e-9;
const SMALL_CURVATURE = 1e-10;

/**
 * What one step of PyTorch's L-BFGS leaves of T from 1.5, at rate 0.01 with 50 iterations and no line search: 50
 * steps of a hundredth of the Newton length, so T usually ends well short of the optimum. Of one variable, the whole
 * history says no more about the curvature than its newest pair.
 *
 * Stops where T is no longer a positive number, which is then what it returns.
 */
export function literalTemperature(likelihood: LikelihoodByTemperature): TemperatureFit {
  let temperature = START;
  const trace = [temperature];
  let now = likelihood(temperature);
  let direction = -now.slope;
  let step = RATE * Math.min(1, 1 / Math.abs(now.slope));
  let inverseCurvature = 1;
  if (Math.abs(now.slope) <= SMALL_SLOPE) return { temperature, trace };
  for (let iteration = 1; ; iteration++) {
    // Falling by less than this per unit of step counts as level.
    if (now.slope * direction > -SMALL_CHANGE) break;
    const moved = step * direction;
    temperature += moved;
    if (iteration === ITERATIONS || !(temperature > 0 && Number.isFinite(temperature))) break;
    const before = now;
    now = likelihood(temperature);
    trace.push(temperature);
    if (Math.abs(now.slope) <= SMALL_SLOPE || Math.abs(moved) <= SMALL_CHANGE) break;
    if (Math.abs(now.loss - before.loss) < SMALL_CHANGE) break;
    const bend = now.slope - before.slope;
    if (bend * moved > SMALL_CURVATURE) inverseCurvature = moved / bend;
    direction = -now.slope * inverseCurvature;
    step = RATE;
  }
  return { temperature, trace };
}

/** Temperatures that the optimum is looked for between. */
export const TEMPERATURE_RANGE = { low: 2 ** -10, high: 2 ** 20 };

/**
 * The T of largest likelihood, by bisecting the sign of the slope on a logarithmic scale: the loss is convex in 1/T.
 * Returns the end of {@link TEMPERATURE_RANGE} that it lies beyond, if it does.
 */
export function convergedTemperature(likelihood: LikelihoodByTemperature): TemperatureFit {
  let { low, high } = TEMPERATURE_RANGE;
  const trace: number[] = [];
  const rises = (temperature: number): boolean => {
    trace.push(temperature);
    return likelihood(temperature).slope > 0;
  };
  if (!(likelihood(low).slope < 0)) return { temperature: low, trace };
  if (!rises(high)) return { temperature: high, trace };
  while (high / low > 1 + 1e-12) {
    const middle = Math.sqrt(low * high);
    if (rises(middle)) high = middle;
    else low = middle;
  }
  return { temperature: Math.sqrt(low * high), trace };
}
