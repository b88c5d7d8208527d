import { parentPort } from "node:worker_threads";
import { type DenseOrder, DenseServer } from "../../dense/threadProtocol.ts";

/** A thread of the image operations in Node. scripts/build-kernels.mjs bundles this file beside the kernels. */
const server = new DenseServer();
parentPort?.on("message", (order: DenseOrder) => parentPort?.postMessage(server.handle(order)));
