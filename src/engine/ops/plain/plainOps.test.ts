import { describe } from "vitest";
import { opsContract } from "../opsContract.ts";
import { plainOps } from "./plainOps.ts";

describe("plain operations", () => opsContract(async () => plainOps(), 3e-7));
