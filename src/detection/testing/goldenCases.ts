import type { Params } from "../../study/result.ts";

/** A state of the fit against a stored tensor or number: |ours − theirs| ≤ within · max(1, |theirs|). */
export type StateCheck = { readonly state: string; readonly within: number } & (
  | { readonly tensor: string }
  | { readonly number: string }
);

export interface GoldenCase {
  /** Of the golden file. */
  readonly name: string;
  readonly detector: string;
  /** Hyper-parameters of the case; the rest, e.g. which form of the score, are the preset's. */
  readonly overrides: Params;
  readonly states: readonly StateCheck[];
}

// The stored tensors are float32 of float32 computations: one part in a million, unless the manifest says more.
const ROUNDING = 1e-6;
// The cut lies in an eigengap of 3 %: float32 scatter turns the space by some 1e-6, the reference's own by 3e-6.
const EIGENVECTORS = 5e-6;

const exact = (name: string, detector = name, overrides: Params = {}): GoldenCase => ({
  name,
  detector,
  overrides,
  states: [],
});

const react = (name: string, percentile: number): GoldenCase => ({
  name,
  detector: "react",
  overrides: { percentile },
  states: [{ state: "threshold", number: "threshold_float64", within: ROUNDING }],
});

const vim = (name: string, D: number): GoldenCase => ({
  name,
  detector: "vim",
  overrides: { D },
  states: [
    { state: "origin", tensor: "state/vim/u", within: ROUNDING },
    { state: "eigenvalues", tensor: "state/vim/eigenvalues_desc", within: ROUNDING },
    { state: "projector", tensor: `state/${name}/residual_projector`, within: EIGENVECTORS },
    { state: "alpha", number: "alpha_float64", within: 1e-5 },
  ],
});

const dice = (name: string, p: number): GoldenCase => ({
  name,
  detector: "dice",
  overrides: { p },
  states: [
    { state: "meanFeature", tensor: "state/dice/mean_activation", within: ROUNDING },
    { state: "threshold", number: "threshold_float64", within: ROUNDING },
    { state: "mask", tensor: `state/${name}/mask`, within: 0 },
  ],
});

/** Every case of the golden scores. */
export const goldenCases: readonly GoldenCase[] = [
  {
    name: "openmax",
    detector: "openmax",
    overrides: {},
    states: [
      { state: "means", tensor: "state/openmax/mean_activation_vectors", within: ROUNDING },
      { state: "tails", tensor: "state/openmax/tails", within: ROUNDING },
      { state: "small", tensor: "state/openmax/small_score", within: ROUNDING },
      // libMR ends its search for the root early.
      { state: "scale", tensor: "state/openmax/weibull_scale", within: 1e-5 },
      { state: "shape", tensor: "state/openmax/weibull_shape", within: 1e-5 },
    ],
  },
  exact("msp"),
  {
    name: "tempscale",
    detector: "tempscale",
    overrides: {},
    states: [
      { state: "trace", tensor: "state/tempscale/T_trace", within: ROUNDING },
      { state: "T", number: "T_literal_lbfgs_float64", within: ROUNDING },
    ],
  },
  exact("ebo"),
  exact("ebo_T10", "ebo", { T: 10 }),
  exact("gradnorm"),
  react("react", 90),
  react("react_p85", 85),
  react("react_p95", 95),
  react("react_p99", 99),
  exact("mls"),
  {
    name: "klm",
    detector: "klm",
    overrides: {},
    states: [{ state: "templates", tensor: "state/klm/mean_softmax_per_predicted_class", within: ROUNDING }],
  },
  vim("vim", 42),
  vim("vim_D32", 32),
  vim("vim_D16", 16),
  exact("knn", "knn", { K: 50 }),
  exact("knn_K1", "knn", { K: 1 }),
  exact("knn_K100", "knn", { K: 100 }),
  dice("dice", 90),
  dice("dice_p50", 50),
];
