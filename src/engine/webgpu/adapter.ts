import { BackendRefused } from "../selectErrors.ts";

/** A GPU adapter as the browser names it. */
export interface AdapterRecord {
  /** e.g. "nvidia ampere", "google swiftshader". */
  readonly name: string;
  /** true for adapters that compute on the CPU. */
  readonly software: boolean;
}

const softwareNames = /swiftshader|llvmpipe|lavapipe|softpipe|basic render|warp/i;

/** Reads name and kind. Browsers leave fields empty to hinder fingerprinting; then the name says so. */
export function describeAdapter(info: GPUAdapterInfo): AdapterRecord {
  const name = `${info.vendor} ${info.architecture}`.trim() || info.description.trim() || "unnamed GPU";
  const everything = `${name} ${info.device} ${info.description}`;
  return { name, software: info.isFallbackAdapter || softwareNames.test(everything) };
}

/** The name of a software renderer as people know it. */
export function softwareRenderer(adapter: AdapterRecord): string {
  if (/swiftshader/i.test(adapter.name)) return "SwiftShader";
  if (/llvmpipe|lavapipe/i.test(adapter.name)) return "llvmpipe";
  return adapter.name;
}

/**
 * The adapter to compute on: the fastest one offered. Software adapters pass only with `allowSoftware`.
 * Rejects with BackendRefused.
 */
export async function findAdapter(options: {
  allowSoftware: boolean;
}): Promise<{ adapter: GPUAdapter; record: AdapterRecord }> {
  const gpu = (globalThis.navigator as Navigator | undefined)?.gpu as GPU | undefined;
  if (!gpu) throw new BackendRefused("not offered by this browser or runtime");
  const adapter = await gpu.requestAdapter({ powerPreference: "high-performance" });
  if (!adapter) throw new BackendRefused("no GPU adapter was found");
  const record = describeAdapter(adapter.info);
  if (record.software && !options.allowSoftware) {
    throw new BackendRefused(`only a software adapter (${softwareRenderer(record)})`);
  }
  return { adapter, record };
}
