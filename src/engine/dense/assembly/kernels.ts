export { energies, softmax } from "./energies";
export { clampRows, headLogits } from "./head";
export { nearest } from "./nearest";
export { centreRows, packColumns, packRows } from "./pack";
export { projectByComplement, projectDirectly } from "./project";
export { absoluteSums, columnSums, rowMaxima } from "./rows";
export { scatter } from "./scatter";
export { squaredNorms } from "./squaredNorms";
export { templateMatch } from "./templates";
