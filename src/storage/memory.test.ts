import { MemoryStore } from "./memory.ts";
import { storeContract } from "./storeContract.ts";

storeContract(async () => new MemoryStore(), true);
