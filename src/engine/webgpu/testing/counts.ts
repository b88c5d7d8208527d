/** What a fake GPU was asked to do. Bytes in the units of WebGPU: of host memory or of buffers. */
export interface GpuCounts {
  /** Command buffers submitted. */
  readonly submits: number;
  readonly dispatches: number;
  readonly passes: number;
  /** Copies from buffer to buffer and their bytes. */
  readonly copies: number;
  readonly copiedBytes: number;
  /** Calls of writeBuffer, mapped creations and their bytes. */
  readonly uploads: number;
  readonly uploadedBytes: number;
  readonly buffersCreated: number;
  readonly bindGroupsCreated: number;
  /** Pipelines, their layouts and modules. */
  readonly pipelinesCreated: number;
  /** Buffers that have not been destroyed, and their bytes. */
  readonly liveBuffers: number;
  readonly liveBytes: number;
  /** The most bytes that lived at once. */
  readonly peakBytes: number;
}

/** b − a of all that is counted up; live and peak numbers as in b. */
export function countsBetween(a: GpuCounts, b: GpuCounts): GpuCounts {
  const standing = ["liveBuffers", "liveBytes", "peakBytes"];
  const entries = Object.entries(b).map(([name, value]) => {
    return [name, standing.includes(name) ? value : value - a[name as keyof GpuCounts]] as const;
  });
  return Object.fromEntries(entries) as unknown as GpuCounts;
}

/** Objects of which none may be created once a step has run. */
export function created({ buffersCreated, bindGroupsCreated, pipelinesCreated }: GpuCounts): number {
  return buffersCreated + bindGroupsCreated + pipelinesCreated;
}
