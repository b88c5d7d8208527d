import { exactExp } from "../../random/exactMath.ts";
import type { LabellerSpec, PseudoLabelReport } from "../../study/generatorRecord.ts";

/** Bins of softmax confidence, each a tenth. */
const CONFIDENCE_BINS = 10;

/**
 * y = argmax f(x) over each row of logits (SIO section 3.1): the first maximum, and NaN above everything, as torch's
 * max has it. Over the logits, not the softmax, whose rounding makes ties.
 *
 * @param logits [count][classes]
 */
export function argmaxRows(logits: Float32Array, classes: number): Int32Array {
  return Int32Array.from({ length: logits.length / classes }, (_, i) => {
    let best = 0;
    for (let k = 0; k < classes; k++) {
      const value = logits[i * classes + k] as number;
      if (Number.isNaN(value)) return k;
      if (value > (logits[i * classes + best] as number)) best = k;
    }
    return best;
  });
}

/** Softmax of each row at its label. */
export function confidenceRows(logits: Float32Array, classes: number, labels: Int32Array): Float32Array {
  return Float32Array.from(labels, (label, i) => {
    const top = logits[i * classes + label] as number;
    let sum = 0;
    for (let k = 0; k < classes; k++) sum += exactExp((logits[i * classes + k] as number) - top);
    return 1 / sum;
  });
}

/** A report of no images. */
export function emptyReport(labeller: LabellerSpec, classes: number): PseudoLabelReport {
  return {
    labeller,
    count: 0,
    histogram: new Array<number>(classes).fill(0),
    confidence: new Array<number>(CONFIDENCE_BINS).fill(0),
  };
}

/** The report with further images. A confidence of 1 falls into the last bin. */
export function withLabels(
  report: PseudoLabelReport,
  labels: Int32Array,
  confidences: Float32Array,
): PseudoLabelReport {
  const histogram = [...report.histogram];
  const confidence = [...report.confidence];
  labels.forEach((label, i) => {
    histogram[label] = (histogram[label] ?? 0) + 1;
    // Logits that are not finite have no confidence.
    const share = Number.isFinite(confidences[i]) ? (confidences[i] as number) : 0;
    const bin = Math.min(CONFIDENCE_BINS - 1, Math.floor(share * CONFIDENCE_BINS));
    confidence[bin] = (confidence[bin] ?? 0) + 1;
  });
  return { labeller: report.labeller, count: report.count + labels.length, histogram, confidence };
}
