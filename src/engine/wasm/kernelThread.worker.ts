import { type ThreadOrder, ThreadServer } from "./threadProtocol.ts";

/** A kernel thread in the browser. */
const server = new ThreadServer();
self.onmessage = (event: MessageEvent<ThreadOrder>) => self.postMessage(server.handle(event.data));
