import type { ImageSet } from "../../data/imageSet.ts";
import type { DetectorChoice } from "../../detection/params.ts";
import type { PreviewRequest } from "../../rpc/api.ts";
import type { BootstrapRequest } from "../../runs/evaluation/bootstrapCells.ts";
import type { ProgressEvent } from "../../runs/events.ts";
import { fidelities } from "../../runs/fidelity/fidelityRecords.ts";
import type { FidelityRequest } from "../../runs/fidelity/fidelityRequest.ts";
import { importedEvaluations } from "../../runs/imports/importedEvaluations.ts";
import type { ImportOptions } from "../../runs/imports/importOptions.ts";
import { keys } from "../../runs/keys.ts";
import { RunQueue } from "../../runs/queue.ts";
import { type IndexedDbStore, openIndexedDbStore } from "../../storage/indexedDb.ts";
import type { Cell } from "../../study/cell.ts";
import { resultsCsv } from "../../study/csv.ts";
import { codeOf, messageOf } from "../../study/errors.ts";
import type { KeepGeneratorOptions } from "../../study/generatorRecord.ts";
import type { PoolForm, PoolSpec } from "../../study/pool.ts";
import type { ScoreTarget } from "../../study/rescore.ts";
import type { DetectorResult } from "../../study/result.ts";
import { parseStudy, planStudy, type Study, type StudyRequest } from "../../study/study.ts";
import type { CellSummary } from "../../study/summary.ts";
import { defaultDetectors } from "../model/words.ts";
import { ElsewhereEvaluations } from "./elsewhere.ts";
import { Estimator } from "./estimates.ts";
import { loadExample } from "./example.ts";
import { GeneratorFiles } from "./generatorFiles.ts";
import { readOwnStudies, storeNewStudy, storeStudy, widened, withResult } from "./ownStudies.ts";
import { workerPorts } from "./queuePorts.ts";
import { backendRequest } from "./request.ts";
import { EvaluationScoring } from "./scoring.ts";
import type {
  ImportOutcome,
  RescoreOptions,
  RescoreOutcome,
  RunRecord,
  Session,
  SessionState,
  StudyEntry,
  WhatIf,
} from "./session.ts";
import { TraceBuffer } from "./trace.ts";
import { uploadsOf } from "./uploads.ts";
import { judgedGuess, WHAT_IF_ALPHAS, whatIfPool } from "./whatIfGuess.ts";
import { startWorkers } from "./workers.ts";

const EXAMPLE_URL = "example/study.json";
const QUEUE_LOCK = "sio-queue";

type Progress = Pick<RunRecord, "phase" | "done" | "total" | "etaSeconds">;
const noProgress: Progress = { phase: null, done: 0, total: 0, etaSeconds: null };

/** The session of a browser page: three workers, one database, one queue. */
export function createSession(): Session {
  const session = new BrowserSession();
  void session.start();
  return session;
}

class BrowserSession implements Session {
  private readonly workers = startWorkers();
  private readonly request = backendRequest(location.search);
  private readonly estimator = new Estimator(this.workers.training, this.request);
  private readonly scoring = new EvaluationScoring(this.workers.evaluation, this.request, {
    summary: (cellId) => this.current.summaries[cellId],
    isUnkept: (cellId) => this.current.unkept.has(cellId),
    keep: (cellId, result) => this.addResult(cellId, result),
    missing: (cellId) => this.set({ unkept: new Set([...this.current.unkept, cellId]) }),
  });
  private readonly generatorFiles = new GeneratorFiles(this.workers.generator, this.request, () => this.refreshData());
  private readonly elsewhere = new ElsewhereEvaluations(this.workers.evaluation, this.request);
  private readonly listeners = new Set<() => void>();
  private readonly trace = new TraceBuffer();
  private readonly progress = new Map<string, Progress>();
  private store: IndexedDbStore | null = null;
  private queue: RunQueue | null = null;
  private current: SessionState = {
    phase: "starting",
    problem: null,
    exampleProblem: null,
    crossOriginIsolated: globalThis.crossOriginIsolated === true,
    backend: null,
    storage: null,
    benchmarks: [],
    generators: {},
    studies: [],
    summaries: {},
    unkept: new Set(),
    runs: [],
    live: null,
    datasets: [],
    pools: [],
    uploads: [],
    imports: [],
    fidelities: [],
  };

  state(): SessionState {
    return this.current;
  }

  subscribe(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /** The example comes first and alone: its point is on screen before any worker has started. */
  async start(): Promise<void> {
    await this.readExample();
    try {
      this.store = await openIndexedDbStore("sio-workbench");
      await this.readOwnStudies(this.store);
      this.set({ imports: await importedEvaluations(this.store), fidelities: await fidelities(this.store) });
      await this.refreshData();
      this.set({ phase: "ready" });
    } catch (error) {
      this.set({ phase: "failed", problem: { code: codeOf(error), message: messageOf(error) } });
      return;
    }
    this.workers.training.call("backend", this.request).then(
      (backend) => this.set({ backend }),
      (error: unknown) => this.set({ problem: { code: codeOf(error), message: messageOf(error) } }),
    );
    // One tab works through the queue; another becomes the owner when that one closes.
    void navigator.locks.request(QUEUE_LOCK, () => this.ownQueue(this.store as IndexedDbStore));
  }

  async addStudy(request: StudyRequest): Promise<string> {
    return this.keepStudy(planStudy(request));
  }

  async importStudy(text: string): Promise<string> {
    return this.keepStudy(parseStudy(text));
  }

  async deleteStudy(studyId: string): Promise<void> {
    const entry = this.entry(studyId);
    if (entry.source === "example") throw new Error("The example study is read-only.");
    await this.opened().write([[keys.study(studyId), null]]);
    this.set({ studies: this.current.studies.filter((study) => study.id !== studyId) });
  }

  async enqueue(studyId: string, cells: readonly Cell[]): Promise<void> {
    const queue = this.owned();
    await this.widen(studyId, cells);
    await queue.enqueue(
      studyId,
      cells.filter(({ id }) => this.current.summaries[id] === undefined || this.current.unkept.has(id)),
    );
  }

  estimate(cells: readonly Cell[]) {
    return this.estimator.estimate(cells, this.current.benchmarks);
  }

  async pause(cellId: string): Promise<void> {
    await this.owned().pause(cellId);
  }

  async resume(cellId: string): Promise<void> {
    await this.owned().resume(cellId);
  }

  async stop(cellId: string): Promise<void> {
    await this.owned().stop(cellId);
  }

  async discard(cellId: string): Promise<void> {
    await this.owned().discard(cellId);
    const { [cellId]: _gone, ...summaries } = this.current.summaries;
    this.scoring.forget(cellId);
    this.set({ summaries, live: this.current.live?.cellId === cellId ? null : this.current.live });
  }

  async startLive(studyId: string, cell: Cell): Promise<void> {
    const live = { ...cell, id: `live-${Date.now().toString(36)}-${cell.id}` };
    await this.owned().enqueue(studyId, [live], true);
  }

  followAlpha(alpha: number | null): void {
    const live = this.current.runs.some((run) => run.live && run.status === "training");
    if (live) this.workers.training.control("run", alpha);
  }

  async importFiles(files: readonly File[], as: string | null): Promise<readonly ImportOutcome[]> {
    const outcomes = await this.workers.generator.call("importFiles", { files: uploadsOf(files), as });
    await this.refreshData();
    return outcomes;
  }

  async deleteDataset(id: string): Promise<void> {
    await this.workers.generator.call("deleteDataset", id);
    await this.refreshData();
  }

  fillPool(
    spec: PoolSpec,
    form?: PoolForm | null,
    onProgress?: (done: number, total: number, etaSeconds: number | null) => void,
  ): Promise<void> {
    return this.generatorFiles.fillPool(spec, form, onProgress);
  }

  stopPool(): void {
    this.generatorFiles.stopPool();
  }

  poolRoom(spec: PoolSpec, form?: PoolForm | null) {
    return this.generatorFiles.room(spec, form);
  }

  exportPool(id: string, format: "npz" | "tar") {
    return this.generatorFiles.exportPool(id, format);
  }

  deletePool(id: string): Promise<void> {
    return this.generatorFiles.deletePool(id);
  }

  inspectGenerator(files: readonly File[]) {
    return this.generatorFiles.inspect(files);
  }

  previewGenerator(files: readonly File[], request: PreviewRequest) {
    return this.generatorFiles.preview(files, request);
  }

  keepGenerator(
    files: readonly File[],
    options: KeepGeneratorOptions,
    onProgress?: (done: number, total: number) => void,
  ) {
    return this.generatorFiles.keep(files, options, onProgress);
  }

  deleteGenerator(id: string): Promise<void> {
    return this.generatorFiles.delete(id);
  }

  nearestReal(benchmark: string, images: ImageSet, neighbours: number) {
    return this.generatorFiles.nearestReal(benchmark, images, neighbours);
  }

  async compareWithReal(
    request: FidelityRequest,
    onProgress: (done: number, total: number, etaSeconds: number | null) => void = () => {},
  ) {
    this.workers.evaluation.control("run", null);
    const record = await this.workers.evaluation.call("fidelity", { ...request, request: this.request }, (event) => {
      if (event.kind === "progress") onProgress(event.done, event.total, event.etaSeconds);
    });
    const others = this.current.fidelities.filter(({ id }) => id !== record.id);
    this.set({ fidelities: [record, ...others] });
    return record;
  }

  stopFidelity(): void {
    this.workers.evaluation.control("stop", null);
  }

  async deleteFidelity(id: string): Promise<void> {
    await this.workers.evaluation.call("deleteFidelity", id);
    this.set({ fidelities: this.current.fidelities.filter((other) => other.id !== id) });
  }

  images(benchmark: string, set: string, indices: readonly number[]) {
    return this.workers.generator.call("images", { benchmark, set, indices: [...indices] });
  }

  samples(benchmark: string, generator: string, seed: number, perClass: number) {
    return this.generatorFiles.samples(benchmark, generator, seed, perClass);
  }

  realSamples(benchmark: string, perClass: number) {
    return this.workers.generator.call("realSamples", { benchmark, perClass });
  }

  async whatIf(cellId: string, detector: string): Promise<WhatIf> {
    const summaries = Object.values(this.current.summaries);
    const from = this.current.summaries[cellId];
    if (from === undefined) throw new Error(`The cell "${cellId}" has not finished.`);
    const pool = whatIfPool(from.cell, summaries);
    if (pool === null)
      throw new Error("No finished cell says which synthetic images to mix in. Run one with α below 1.");
    const points = await this.workers.evaluation.call("whatIf", {
      cell: from.cell,
      pool,
      detector,
      alphas: [...WHAT_IF_ALPHAS],
      request: this.request,
    });
    return judgedGuess(from, pool, detector, points, summaries);
  }

  async rescore(studyId: string, choice: DetectorChoice, options?: RescoreOptions): Promise<RescoreOutcome> {
    return this.scoring.rescore(this.entry(studyId).study.cells, choice, options);
  }

  scores(target: ScoreTarget, choice: DetectorChoice) {
    return this.scoring.scores(target, choice);
  }

  bootstrap(request: BootstrapRequest, onProgress: (done: number, total: number, unit: string) => void) {
    return this.workers.evaluation.call("bootstrap", { ...request, request: this.request }, (event) => {
      if (event.kind === "progress") onProgress(event.done, event.total, event.unit);
    });
  }

  inspectEvaluationFiles(files: readonly File[]) {
    return this.elsewhere.inspect(files);
  }

  async importEvaluation(
    files: readonly File[],
    options: ImportOptions,
    onProgress: (done: number, total: number) => void = () => {},
  ) {
    const imported = await this.elsewhere.import(files, options, onProgress);
    if (imported.gate.open) this.set({ imports: [imported, ...this.current.imports] });
    return imported;
  }

  async deleteImportedEvaluation(id: string): Promise<void> {
    await this.elsewhere.delete(id);
    this.scoring.forget(id);
    this.set({ imports: this.current.imports.filter((other) => other.id !== id) });
  }

  search(target: ScoreTarget, detector: string) {
    return this.scoring.search(target, detector);
  }

  exportScores(target: ScoreTarget, choices: readonly DetectorChoice[]) {
    return this.scoring.exportScores(target, choices);
  }

  csv(studyId: string): string {
    const { study } = this.entry(studyId);
    return resultsCsv(
      study.name,
      study.cells.flatMap((cell) => this.current.summaries[cell.id] ?? []),
    );
  }

  studyFile(studyId: string): string {
    return `${JSON.stringify(this.entry(studyId).study, null, 1)}\n`;
  }

  private async readExample(): Promise<void> {
    try {
      const example = await loadExample(new URL(EXAMPLE_URL, document.baseURI).href);
      const entry: StudyEntry = {
        id: "example",
        source: "example",
        study: example.study,
        computedWith: example.computedWith,
      };
      const summaries = byId(example.summaries);
      this.set({ studies: [entry], summaries, unkept: new Set(Object.keys(summaries)) });
    } catch (error) {
      this.set({ exampleProblem: { code: codeOf(error), message: messageOf(error) } });
    }
  }

  private async readOwnStudies(store: IndexedDbStore): Promise<void> {
    const { studies, summaries } = await readOwnStudies(store);
    this.set({
      studies: [...this.current.studies, ...studies],
      summaries: { ...this.current.summaries, ...summaries },
      unkept: new Set([...this.current.unkept].filter((id) => summaries[id] === undefined)),
    });
  }

  private async refreshData(): Promise<void> {
    const { generator } = this.workers;
    const [{ benchmarks, generators }, datasets, pools, uploads, storage] = await Promise.all([
      generator.call("benchmarks", null),
      generator.call("datasets", null),
      generator.call("pools", null),
      generator.call("uploadedGenerators", null),
      this.opened().usage(),
    ]);
    this.set({ benchmarks, generators, datasets, pools, uploads, storage });
  }

  /** Holds the queue's lock for the life of the page. */
  private async ownQueue(store: IndexedDbStore): Promise<never> {
    const ports = workerPorts(this.workers, this.request, (cell) => this.detectorsOf(cell));
    const queue = new RunQueue(store, ports, {
      changed: () => this.showRuns(),
      event: (cellId, event) => this.take(cellId, event),
      finished: (summary) => {
        this.takeSummary(summary);
        void this.refreshData().catch((error: unknown) => this.report(error));
      },
    });
    await queue.load();
    this.queue = queue;
    this.showRuns();
    return new Promise<never>(() => {});
  }

  private takeSummary(summary: CellSummary): void {
    const { id } = summary.cell;
    this.scoring.forget(id);
    this.set({
      summaries: { ...this.current.summaries, [id]: summary },
      unkept: new Set([...this.current.unkept].filter((other) => other !== id)),
    });
  }

  private addResult(cellId: string, result: DetectorResult): void {
    const summary = this.current.summaries[cellId];
    if (summary === undefined) return;
    this.set({ summaries: { ...this.current.summaries, [cellId]: withResult(summary, result) } });
  }

  private detectorsOf(cell: Cell): string[] {
    const entry = this.current.studies.find(({ study }) => study.cells.some(({ id }) => id === cell.id));
    // A run whose study was deleted meanwhile is scored as a new study would be.
    return entry?.study.detectors ?? [...defaultDetectors];
  }

  private take(cellId: string, event: ProgressEvent): void {
    if (event.kind === "backend") this.set({ backend: event.backend });
    if (event.kind === "progress") {
      const { phase, done, total, etaSeconds } = event;
      this.progress.set(cellId, { phase, done, total, etaSeconds });
      this.showRuns();
    }
    const live = this.trace.take(cellId, event);
    if (live !== null) this.set({ live });
  }

  private showRuns(): void {
    const runs = (this.queue?.list() ?? []).map((run) => ({
      ...run,
      ...(this.progress.get(run.cell.id) ?? noProgress),
    }));
    this.set({ runs });
  }

  private async keepStudy(study: Study): Promise<string> {
    const entry = await storeNewStudy(this.opened(), study);
    this.set({ studies: [...this.current.studies.filter(({ id }) => id !== entry.id), entry] });
    return entry.id;
  }

  private async widen(studyId: string, cells: readonly Cell[]): Promise<void> {
    const study = widened(this.entry(studyId), cells);
    if (study === null) return;
    await storeStudy(this.opened(), studyId, study);
    this.set({
      studies: this.current.studies.map((other) => (other.id === studyId ? { ...other, study } : other)),
    });
  }

  private entry(studyId: string): StudyEntry {
    const found = this.current.studies.find((study) => study.id === studyId);
    if (found === undefined) throw new Error("This study is not here any more.");
    return found;
  }

  private opened(): IndexedDbStore {
    if (this.store === null) throw new Error("The storage is not open yet. Try again in a moment.");
    return this.store;
  }

  private owned(): RunQueue {
    if (this.queue === null) {
      throw new Error("Another tab of the workbench runs the queue. Use that one, or close it and try again here.");
    }
    return this.queue;
  }

  private report(error: unknown): void {
    this.set({ problem: { code: codeOf(error), message: messageOf(error) } });
  }

  private set(patch: Partial<SessionState>): void {
    this.current = { ...this.current, ...patch };
    for (const listener of this.listeners) listener();
  }
}

function byId(summaries: readonly CellSummary[]): Record<string, CellSummary> {
  return Object.fromEntries(summaries.map((summary) => [summary.cell.id, summary]));
}
