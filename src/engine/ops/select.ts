import type { BackendRequest } from "../backend.ts";
import { NoBackend } from "../selectErrors.ts";
import type { ImageOps } from "./imageOps.ts";

/** Operations, and why these. */
export interface ChosenOps {
  readonly ops: ImageOps;
  /** GPU adapter as the browser names it, else "". */
  readonly adapter: string;
  /** true for adapters that compute on the CPU. */
  readonly software: boolean;
  /** One sentence: why not a better device; "" if there is nothing to say. */
  readonly reason: string;
  readonly failure: Error | null;
  dispose(): void;
}

/** Open operations or reject; the message completes the sentence "WebGPU: …". */
export interface OpsMakers {
  readonly webgpu: (request: BackendRequest) => Promise<{ ops: ImageOps; adapter: string; software: boolean }>;
  readonly wasm: (request: BackendRequest) => Promise<ImageOps>;
  readonly cpu: () => ImageOps;
}

type Kind = keyof OpsMakers;

const titles: Record<Kind, string> = { webgpu: "WebGPU", wasm: "WebAssembly", cpu: "Plain TypeScript" };

/**
 * The operations to compute generators and feature networks with, by the rules of `chooseEngine`: "auto" takes WebGPU
 * on hardware, else WebAssembly; plain TypeScript and software adapters only by name. What is asked for by name is
 * never replaced. "tape" names a way to train on the GPU, so it asks for the GPU.
 *
 * @throws NoBackend with every refusal, if none is left
 */
export async function chooseOps(request: BackendRequest, makers: OpsMakers): Promise<ChosenOps> {
  const { backend } = request;
  const kinds: Kind[] = backend === "auto" ? ["webgpu", "wasm"] : [backend === "tape" ? "webgpu" : backend];
  const allowed = { ...request, allowSoftware: request.allowSoftware && backend !== "auto" };
  const refusals: string[] = [];
  for (const kind of kinds) {
    try {
      const opened = await open(kind, allowed, makers);
      const reason = refusals.length > 0 ? `${refusals.join("; ")}; using ${titles[kind]}.` : "";
      return chosen(opened, reason);
    } catch (error) {
      refusals.push(`${titles[kind]}: ${(error instanceof Error ? error.message : String(error)).replace(/\.$/, "")}`);
    }
  }
  const advice =
    backend === "auto"
      ? "Use a current Chromium, Firefox or Safari."
      : 'Ask for the backend "auto" to take what this machine has.';
  throw new NoBackend(`No device can compute generators here. ${refusals.join("; ")}. ${advice}`);
}

type Opened = Awaited<ReturnType<OpsMakers["webgpu"]>>;

async function open(kind: Kind, request: BackendRequest, makers: OpsMakers): Promise<Opened> {
  if (kind === "webgpu") return makers.webgpu(request);
  return { ops: kind === "wasm" ? await makers.wasm(request) : makers.cpu(), adapter: "", software: false };
}

function chosen({ ops, adapter, software }: Opened, reason: string): ChosenOps {
  return {
    ops,
    adapter,
    software,
    reason,
    get failure() {
      return ops.failure;
    },
    dispose: () => ops.dispose(),
  };
}
