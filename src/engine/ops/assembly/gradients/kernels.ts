export { attentionGradient } from "./attentionGradient";
export { filterTiles, panelsToMap, sumFilterParts, winogradFilterParts } from "./filterGradients";
export { groupNormGradient } from "./groupNormGradient";
