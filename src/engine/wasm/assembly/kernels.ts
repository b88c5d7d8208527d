export { barrier } from "./barrier";
export { normApply, normEvaluate, normFinalise, normPartial, normRunning } from "./batchNorm";
export { normGradientApply, normGradientFinalise, normGradientPartial } from "./batchNormGradient";
export { convolve } from "./convolve";
export { filterGradient } from "./filterGradient";
export { averagePool, averagePoolGradient } from "./pool";
export { sgd } from "./sgd";
export { transposePanels } from "./transposePanels";
