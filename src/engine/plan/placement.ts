import type { Concat, Layer, MapId, Trunk } from "../../networks/trunk.ts";
import type { MapView, Root } from "./steps.ts";

/**
 * Finds each map's place: its own root, or its piece of the concatenation that it ends up in. Two placements of one
 * trunk (activations and gradients, say) have the same offsets in different roots.
 */
export class Placement {
  private readonly views = new Map<MapId, MapView>();
  private readonly parents: Map<MapId, Concat>;

  /**
   * @param alignment channels that a root and every piece of a concatenation are rounded up to
   * @param roots receives the roots that are asked for
   * @param purpose what its maps are, for the roots' names
   */
  constructor(
    private readonly trunk: Trunk,
    private readonly alignment: number,
    private readonly roots: Root[],
    private readonly purpose: string,
  ) {
    this.parents = concatenations(trunk);
  }

  view(map: MapId): MapView {
    const known = this.views.get(map);
    if (known) return known;
    const parent = this.parents.get(map);
    if (parent) {
      this.placePieces(parent);
      return this.view(map);
    }
    const { height, width } = this.shape(map);
    const lanes = this.lanes(map);
    const channels = this.physical(map);
    const root = { id: this.roots.length, name: `${this.purpose} ${map}`, channels, height, width };
    this.roots.push(root);
    const view = { map, root, offset: 0, channels, lanes };
    this.views.set(map, view);
    return view;
  }

  /**
   * Physical channel of each channel, counted from the beginning of the map. What works channel by channel leaves
   * every channel in its lane.
   */
  private lanes(map: MapId): readonly number[] {
    const layer = this.layerThatMakes(map);
    switch (layer?.op) {
      case "concat": {
        let offset = 0;
        return layer.inputs.flatMap((piece) => {
          const lanes = this.lanes(piece).map((lane) => offset + lane);
          offset += this.physical(piece);
          return lanes;
        });
      }
      case "add": {
        const [left, right] = layer.inputs.map((input) => this.lanes(input));
        if (left?.join() !== right?.join()) {
          throw new Error("A sum needs its channels in the same lanes: one summand only is made of a concatenation.");
        }
        return left as readonly number[];
      }
      case "batchNorm":
      case "relu":
      case "maxPool":
      case "averagePool":
        return this.lanes(layer.input);
      default:
        return Array.from({ length: this.shape(map).channels }, (_, channel) => channel);
    }
  }

  /** How many physical channels a map has. */
  private physical(map: MapId): number {
    const layer = this.layerThatMakes(map);
    if (layer?.op === "concat") return layer.inputs.reduce((sum, piece) => sum + this.physical(piece), 0);
    const lanes = this.lanes(map);
    return Math.ceil(((lanes[lanes.length - 1] as number) + 1) / this.alignment) * this.alignment;
  }

  private placePieces(concat: Concat): void {
    const whole = this.view(concat.output);
    let offset = whole.offset;
    for (const piece of concat.inputs) {
      const channels = this.physical(piece);
      this.views.set(piece, { map: piece, root: whole.root, offset, channels, lanes: this.lanes(piece) });
      offset += channels;
    }
  }

  private layerThatMakes(map: MapId): Layer | undefined {
    return this.trunk.layers.find(({ output }) => output === map);
  }

  private shape(map: MapId) {
    return this.trunk.maps[map] as Trunk["maps"][number];
  }
}

/** The concatenation that each map is a piece of. */
function concatenations(trunk: Trunk): Map<MapId, Concat> {
  const parents = new Map<MapId, Concat>();
  for (const layer of trunk.layers) {
    if (layer.op !== "concat") continue;
    for (const piece of layer.inputs) {
      if (piece === trunk.input) throw new Error("The images themselves cannot be part of a concatenation.");
      if (parents.has(piece)) throw new Error(`Map ${piece} is part of two concatenations; it can lie in one only.`);
      parents.set(piece, layer);
    }
  }
  return parents;
}
