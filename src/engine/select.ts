import type { BackendRequest } from "./backend.ts";
import type { Engine } from "./network.ts";
import { NoBackend } from "./selectErrors.ts";
import { selfTest } from "./selfTest.ts";

type Kind = "webgpu" | "wasm" | "tape" | "cpu";

/**
 * Makes an engine or rejects; the message completes the sentence "WebGPU: …".
 *
 * @param reason why not a better backend, as a sentence for the record; "" if there is nothing to say
 */
export type EngineMaker = (request: BackendRequest, reason: string) => Promise<Engine>;

const titles: Record<Kind, string> = {
  webgpu: "WebGPU",
  wasm: "WebAssembly",
  tape: "The tfjs tape on WebGPU",
  cpu: "Plain JavaScript",
};

/**
 * The engine to compute on. "auto" takes WebGPU on hardware, else WebAssembly. A software adapter is only ever taken
 * if webgpu or tape is asked for by name and `allowSoftware` is set; the tape and plain JavaScript only if they are
 * asked for by name. What is asked for by name is never replaced by something else.
 *
 * Every engine has to pass the self-test. Why a better one was refused stands in `backend.reason`.
 *
 * @throws NoBackend with every refusal, if none is left
 */
export async function chooseEngine(request: BackendRequest, makers: Record<Kind, EngineMaker>): Promise<Engine> {
  const kinds: Kind[] = request.backend === "auto" ? ["webgpu", "wasm"] : [request.backend];
  const allowSoftware = request.allowSoftware && request.backend !== "auto";
  const refusals: string[] = [];
  for (const kind of kinds) {
    const reason = refusals.length > 0 ? `${refusals.join("; ")}; using ${titles[kind]}.` : "";
    try {
      return await tested(await makers[kind]({ ...request, allowSoftware }, reason));
    } catch (error) {
      refusals.push(`${titles[kind]}: ${withoutFullStop(error)}`);
    }
  }
  const advice =
    request.backend === "auto"
      ? "Use a current Chromium, Firefox or Safari."
      : 'Ask for the backend "auto" to take what this machine has.';
  throw new NoBackend(`No backend can be used here. ${refusals.join("; ")}. ${advice}`);
}

async function tested(engine: Engine): Promise<Engine> {
  try {
    await selfTest(engine);
  } catch (error) {
    engine.dispose();
    throw error;
  }
  return engine;
}

function withoutFullStop(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).replace(/\.$/, "");
}
