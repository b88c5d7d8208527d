import { createRoot } from "react-dom/client";
import { App } from "./App.tsx";
import { ensureIsolation } from "./isolation.ts";
import { createSession } from "./session/browserSession.ts";

const root = document.getElementById("root");
if (root === null) throw new Error("index.html has no element #root.");
if ((await ensureIsolation()) !== "reloading") createRoot(root).render(<App session={createSession()} />);
