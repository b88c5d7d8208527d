import { createRoot } from "react-dom/client";
import { App } from "./App.tsx";
import { createSession } from "./session/browserSession.ts";

const root = document.getElementById("root");
if (root === null) throw new Error("index.html has no element #root.");
createRoot(root).render(<App session={createSession()} />);
