import { parentPort } from "node:worker_threads";
import { type ThreadOrder, ThreadServer } from "../threadProtocol.ts";

/** A kernel thread in Node. scripts/build-kernels.mjs bundles this file to plain JavaScript beside the kernels. */
const server = new ThreadServer();
parentPort?.on("message", (order: ThreadOrder) => parentPort?.postMessage(server.handle(order)));
