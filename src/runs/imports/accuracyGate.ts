import type { SetInfo } from "../../data/benchmark.ts";
import { type Evaluation, idSet } from "../../detection/evaluation/evaluate.ts";
import { accuracy, predictions } from "../../metrics/accuracy.ts";
import type { AccuracyGate } from "../../study/rescore.ts";

/** Where the expected accuracy of a classifier comes from. */
export interface Expectation {
  /** Fraction 0 … 1. */
  readonly accuracy: number;
  /** Begins a sentence that "says" it: "The file name", "--expect-accuracy" … */
  readonly from: string;
}

/** Agreement within half a point, or what chance allows for on that many images. */
const TOLERANCE = 0.005;
const STANDARD_ERRORS = 3;
/** Of the one-sided 99 % Wilson bound. */
const Z_99 = 2.3263478740408408;

/**
 * Whether a classifier classifies as it should, before any OOD number is believed: a wrong normalisation, channel order
 * or class order costs accuracy first. With an expectation, the measured accuracy must lie within 0.5 points of it or
 * within 3 binomial standard errors, whichever is more; without one, it must be clearly above chance: its lower 99 %
 * Wilson bound above 2/K (of two classes, above three quarters).
 *
 * @param measured fraction of the `images` labelled ID test images
 */
export function accuracyGate(
  measured: number,
  images: number,
  classes: number,
  expectation: Expectation | null,
): AccuracyGate {
  const is = `The ID test accuracy is ${percent(measured)} on ${images} images`;
  if (expectation === null) {
    const bound = wilsonLowerBound(measured, images);
    const margin = Math.min(2 / classes, (1 + 1 / classes) / 2);
    const open = bound > margin;
    const reason = open
      ? `${is}. Nobody said what it should be; it is clearly above chance (${percent(1 / classes)} of ${classes} classes).`
      : `${is}: its lower 99 % bound ${percent(bound)} is not above ${percent(margin)}, a clear margin over the chance of ${classes} classes. ` +
        "The checkpoint and the benchmark do not fit: check classes, their order, and the normalisation.";
    return { open, measured, expected: null, reason };
  }
  const { accuracy: expected, from } = expectation;
  const error = Math.sqrt((expected * (1 - expected)) / images);
  const allowed = Math.max(TOLERANCE, STANDARD_ERRORS * error);
  const open = Math.abs(measured - expected) <= allowed;
  const should = `${from} says ${percent(expected)}; ± ${(allowed * 100).toFixed(2)} points are allowed`;
  const reason = open
    ? `${is}. ${should}.`
    : `${is}. ${should}. The classifier is not read or fed as it was trained: check the benchmark's images and ` +
      "normalisation, or accept the accuracy as it is.";
  return { open, measured, expected, reason };
}

/** A closed gate that the user opens: what was measured is accepted. */
export function acceptAccuracy(gate: AccuracyGate): AccuracyGate {
  return gate.open ? gate : { ...gate, open: true, reason: `${gate.reason} Accepted by the user as it is.` };
}

/** Accuracy as OpenOOD's file names have it: `cifar10_res18_acc94.30.ckpt`, `best_epoch87_acc0.9522.ckpt`. */
export function expectedFromName(file: string): Expectation | null {
  const [, text] = /acc[_-]?(\d{1,3}(?:\.\d+)?|0?\.\d+)/i.exec(file) ?? [];
  const value = text === undefined ? Number.NaN : Number(text.replace(/\.$/, ""));
  const fraction = value > 1 ? value / 100 : value;
  return fraction > 0 && fraction <= 1 ? { accuracy: fraction, from: "The file name" } : null;
}

/** Accuracy on the labelled ID test images of an evaluation; null where it has no such set or no labels. */
export function idTestAccuracy(
  evaluation: Evaluation,
  sets: readonly SetInfo[],
): { accuracy: number; images: number } | null {
  const set = evaluation.sets.get(idSet(sets, "test")?.name ?? "");
  if (set === undefined || set.logits.length === 0 || set.labels.some((label) => label < 0)) return null;
  return { accuracy: accuracy(predictions(set.logits, evaluation.classes), set.labels), images: set.count };
}

/** Lower end of the one-sided 99 % Wilson interval of a share. */
export function wilsonLowerBound(share: number, n: number): number {
  const z2 = Z_99 ** 2;
  const centre = share + z2 / (2 * n);
  const spread = Z_99 * Math.sqrt((share * (1 - share)) / n + z2 / (4 * n * n));
  return (centre - spread) / (1 + z2 / n);
}

function percent(fraction: number): string {
  return `${(fraction * 100).toFixed(2)} %`;
}
