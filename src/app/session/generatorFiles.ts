import type { ImageSet } from "../../data/imageSet.ts";
import type { BackendRequest } from "../../engine/backend.ts";
import type { PreviewRequest } from "../../rpc/api.ts";
import type { GeneratorRecord, KeepGeneratorOptions } from "../../study/generatorRecord.ts";
import type { PoolForm, PoolSpec } from "../../study/pool.ts";
import { uploadsOf } from "./uploads.ts";
import type { Workers } from "./workers.ts";

/** Generators that the user brings, and pools: the calls of the generator worker behind them. */
export class GeneratorFiles {
  constructor(
    private readonly generator: Workers["generator"],
    private readonly request: BackendRequest,
    /** Called after what is kept has changed. */
    private readonly changed: () => Promise<void>,
  ) {}

  inspect(files: readonly File[]) {
    return this.generator.call("inspectGenerator", { files: uploadsOf(files) });
  }

  preview(files: readonly File[], preview: PreviewRequest) {
    return this.generator.call("previewGenerator", { files: uploadsOf(files), ...preview, request: this.request });
  }

  async keep(
    files: readonly File[],
    options: KeepGeneratorOptions,
    onProgress: (done: number, total: number) => void = () => {},
  ): Promise<GeneratorRecord> {
    const record = await this.generator.call("keepGenerator", { files: uploadsOf(files), options }, (event) => {
      if (event.kind === "progress") onProgress(event.done, event.total);
    });
    await this.changed();
    return record;
  }

  async delete(id: string): Promise<void> {
    await this.generator.call("deleteGenerator", id);
    await this.changed();
  }

  samples(benchmark: string, generator: string, seed: number, perClass: number) {
    return this.generator.call("samples", { benchmark, generator, seed, perClass, request: this.request });
  }

  nearestReal(benchmark: string, images: ImageSet, neighbours: number) {
    return this.generator.call("nearestReal", { benchmark, images, neighbours });
  }

  async fillPool(
    spec: PoolSpec,
    form: PoolForm | null = null,
    onProgress: (done: number, total: number, etaSeconds: number | null) => void = () => {},
  ): Promise<void> {
    this.generator.control("run", null);
    await this.generator.call("fillPool", { spec, form, request: this.request }, (event) => {
      if (event.kind === "progress") onProgress(event.done, event.total, event.etaSeconds);
    });
    await this.changed();
  }

  stopPool(): void {
    this.generator.control("stop", null);
  }

  room(spec: PoolSpec, form: PoolForm | null = null) {
    return this.generator.call("poolRoom", { spec, form });
  }

  exportPool(id: string, format: "npz" | "tar") {
    return this.generator.call("exportPool", { id, format, request: this.request });
  }

  async deletePool(id: string): Promise<void> {
    await this.generator.call("deletePool", id);
    await this.changed();
  }
}
