import type { BackendRequest } from "../../engine/backend.ts";
import type { ImportOptions } from "../../runs/imports/importOptions.ts";
import type { ImportedEvaluation } from "../../study/rescore.ts";
import { uploadsOf } from "./uploads.ts";
import type { Workers } from "./workers.ts";

/** Evaluations that were computed elsewhere: what dropped files are, and their import and deletion in the worker. */
export class ElsewhereEvaluations {
  constructor(
    private readonly evaluation: Workers["evaluation"],
    private readonly request: BackendRequest,
  ) {}

  inspect(files: readonly File[]) {
    return this.evaluation.call("inspectImport", { files: uploadsOf(files) });
  }

  import(
    files: readonly File[],
    options: ImportOptions,
    onProgress: (done: number, total: number) => void,
  ): Promise<ImportedEvaluation> {
    // A command to stop that was meant for an earlier job does not stop this one.
    this.evaluation.control("run", null);
    const call = { files: uploadsOf(files), options, request: this.request };
    return this.evaluation.call("importEvaluation", call, (event) => {
      if (event.kind === "progress") onProgress(event.done, event.total);
    });
  }

  async delete(id: string): Promise<void> {
    await this.evaluation.call("deleteEvaluation", id);
  }
}
