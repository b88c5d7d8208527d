import { type DenseOrder, DenseServer } from "./threadProtocol.ts";

/** A thread of the dense kernels in the browser. */
const server = new DenseServer();
self.onmessage = (event: MessageEvent<DenseOrder>) => self.postMessage(server.handle(event.data));
