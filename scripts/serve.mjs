import { parseArgs } from "node:util";
import { ensureBuilt } from "./build.mjs";
import { inRoot } from "./paths.mjs";
import { serveFolder } from "./static-server.mjs";

const defaultPort = 5180;
/** How many ports above the default are tried where no port was asked for. */
const portsTried = 20;

async function listen(port, host) {
  const folder = inRoot("dist");
  if (port !== null) return serveFolder({ folder, port, host });
  for (let tried = defaultPort; ; tried++) {
    try {
      return await serveFolder({ folder, port: tried, host });
    } catch (error) {
      if (error.code !== "EADDRINUSE" || tried >= defaultPort + portsTried) throw error;
    }
  }
}

function portOf(text) {
  if (text === undefined) return null;
  const port = Number(text);
  if (Number.isInteger(port) && port >= 0 && port < 65536) return port;
  throw new Error(`--port takes a number from 0 to 65535, not "${text}".`);
}

/**
 * `npm start`: builds the app where its sources changed, then serves it until interrupted.
 *
 * @param {string[]} args `--port N` (else the first free one from 5180 on), `--host ADDRESS` (else 127.0.0.1)
 */
export async function serveApp(args) {
  const { values } = parseArgs({ args, options: { port: { type: "string" }, host: { type: "string" } } });
  const port = portOf(values.port);
  await ensureBuilt("app");
  let server;
  try {
    server = await listen(port, values.host);
  } catch (error) {
    if (error.code !== "EADDRINUSE") throw error;
    throw new Error(
      `Port ${port ?? `${defaultPort}–${defaultPort + portsTried}`} is taken. Choose another: npm start -- --port N`,
    );
  }
  console.log(
    `\n  SIO Workbench: ${server.url}\n  Open it in a browser; Ctrl-C ends it. Everything stays on this machine.\n`,
  );
}
