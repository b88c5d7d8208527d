/** What the bundled command gets from bench.mjs, which runs unbundled beside scripts/. */
export interface Surroundings {
  /** The checkout, as a URL with a trailing slash. */
  readonly root: URL;
  /** A folder of this run, deleted at its end; a URL with a trailing slash. */
  readonly scratch: URL;
  buildKernels(): Promise<void>;
  /** Serves a folder with the headers that isolate a page; port 0 takes a free one. */
  serveFolder(options: { folder: string; port: number }): Promise<{ url: string; close: () => void }>;
}
