import { describe, expect, it } from "vitest";
import { acceptAccuracy, accuracyGate, expectedFromName, wilsonLowerBound } from "./accuracyGate.ts";

const says = (accuracy: number) => ({ accuracy, from: "The file name" });

describe("the gate of the ID accuracy", () => {
  it("allows half a point on a large set, three standard errors on a small one", () => {
    // 9,000 images at 95.22 %: σ = 0.225 points, 3 σ = 0.675.
    expect(accuracyGate(0.946, 9000, 10, says(0.9522)).open).toBe(true);
    expect(accuracyGate(0.945, 9000, 10, says(0.9522)).open).toBe(false);
    expect(accuracyGate(0.9478, 1_000_000, 10, says(0.9522)).open).toBe(true);
    expect(accuracyGate(0.947, 1_000_000, 10, says(0.9522)).open).toBe(false);
    // 100 images: 3 σ = 6.4 points. An accuracy that is too high is as suspicious.
    expect(accuracyGate(0.89, 100, 10, says(0.9522)).open).toBe(true);
    expect(accuracyGate(0.999, 9000, 10, says(0.9522)).open).toBe(false);
  });

  it("says the numbers and what to do when it is closed", () => {
    const { open, reason, measured, expected } = accuracyGate(0.1, 9000, 10, says(0.943));
    expect([open, measured, expected]).toEqual([false, 0.1, 0.943]);
    expect(reason).toMatch(/10\.00 % on 9000 images.*94\.30 %.*± 0\.73 points.*normalisation/);
  });

  it("without an expectation wants a clear margin over chance, and says that nobody told", () => {
    expect(accuracyGate(0.3, 1000, 10, null)).toMatchObject({ open: true, expected: null, reason: /Nobody said/ });
    expect(accuracyGate(0.21, 1000, 10, null).open).toBe(false);
    expect(accuracyGate(0.1, 9000, 10, null).reason).toContain("not above 20.00 %");
    // Of two classes twice chance is everything: three quarters are asked for.
    expect(accuracyGate(0.9, 1000, 2, null).open).toBe(true);
    expect(accuracyGate(0.76, 1000, 2, null).open).toBe(false);
  });

  it("is opened by the user, and says so", () => {
    const gate = acceptAccuracy(accuracyGate(0.1, 9000, 10, null));
    expect(gate.open).toBe(true);
    expect(gate.reason).toContain("Accepted");
  });

  it("has Wilson's bound", () => {
    // Wilson's closed form at p = 0 is 0, at p = 1 it is 1 / (1 + z²/n).
    expect(wilsonLowerBound(0, 50)).toBeCloseTo(0, 12);
    expect(wilsonLowerBound(1, 50)).toBeCloseTo(1 / (1 + 2.3263478740408408 ** 2 / 50), 12);
    expect(wilsonLowerBound(0.5, 100)).toBeCloseTo(0.3867, 3);
  });
});

describe("an accuracy in a file name", () => {
  it.each([
    ["cifar10_res18_acc94.30.ckpt", 0.943],
    ["best_epoch87_acc0.9522.ckpt", 0.9522],
    ["s0/best_epoch99_acc0.7718.ckpt", 0.7718],
    ["x_acc1.0000.ckpt", 1],
  ])("%s", (name, accuracy) => {
    expect(expectedFromName(name)?.accuracy).toBeCloseTo(accuracy, 10);
  });

  it("is not invented", () => {
    for (const name of ["best.ckpt", "accelerated.ckpt", "acc0.ckpt", "acc101.5.ckpt"])
      expect(expectedFromName(name)).toBeNull();
  });
});
