import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { createServer } from "node:http";
import { extname, resolve, sep } from "node:path";
import { pathToFileURL } from "node:url";
import { createGzip } from "node:zlib";
import { inRoot, root } from "./paths.mjs";

const types = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".json": "application/json",
  ".csv": "text/csv; charset=utf-8",
  ".svg": "image/svg+xml",
  ".png": "image/png",
  ".ico": "image/x-icon",
  ".woff2": "font/woff2",
  ".wasm": "application/wasm",
};
const compressible = new Set([".html", ".js", ".css", ".json", ".csv", ".svg", ".wasm"]);

/** What makes a page cross-origin isolated: SharedArrayBuffer, and so kernel threads, need it. */
const isolationHeaders = {
  "Cross-Origin-Opener-Policy": "same-origin",
  "Cross-Origin-Embedder-Policy": "require-corp",
  "Cross-Origin-Resource-Policy": "same-origin",
};

/** The file that a request path names, or null where it leaves the folder or is no path at all. */
function fileOf(folder, url) {
  try {
    const path = decodeURIComponent(new URL(url, "http://localhost").pathname);
    const file = resolve(folder, `.${path.endsWith("/") ? `${path}index.html` : path}`);
    return file.startsWith(folder + sep) && !file.includes("\0") ? file : null;
  } catch {
    return null;
  }
}

async function answer(request, response, folder, headers) {
  if (request.method !== "GET" && request.method !== "HEAD") {
    response.writeHead(405, { Allow: "GET, HEAD", ...headers }).end();
    return;
  }
  const file = fileOf(folder, request.url);
  const info = file && (await stat(file).catch(() => null));
  if (!info?.isFile()) {
    response.writeHead(404, { "Content-Type": "text/plain; charset=utf-8", ...headers });
    response.end(`Nothing here: ${request.url}\n`);
    return;
  }
  const extension = extname(file);
  const zipped = compressible.has(extension) && /\bgzip\b/.test(request.headers["accept-encoding"] ?? "");
  response.writeHead(200, {
    "Content-Type": types[extension] ?? "application/octet-stream",
    // Vite names what is in assets/ by its content; the rest may change at any time.
    "Cache-Control": file.startsWith(resolve(folder, "assets") + sep)
      ? "public, max-age=31536000, immutable"
      : "no-cache",
    Vary: "Accept-Encoding",
    ...(zipped ? { "Content-Encoding": "gzip" } : { "Content-Length": info.size }),
    ...headers,
  });
  if (request.method === "HEAD") {
    response.end();
    return;
  }
  const stream = createReadStream(file);
  stream.once("error", () => response.destroy());
  (zipped ? stream.pipe(createGzip({ level: 4 })) : stream).pipe(response);
}

/**
 * Serves a folder on this machine's loopback address.
 *
 * @param {{ folder: string, port: number, isolated?: boolean, host?: string }} options
 *   port 0 takes a free one; `isolated: false` leaves the isolation headers out, as a host that cannot set them.
 * @returns {Promise<{ url: string, close: () => void }>} rejects where the port is taken
 */
export function serveFolder({ folder, port, isolated = true, host = "127.0.0.1" }) {
  const absolute = resolve(folder);
  const headers = { "X-Content-Type-Options": "nosniff", ...(isolated ? isolationHeaders : {}) };
  const server = createServer((request, response) => {
    answer(request, response, absolute, headers).catch((error) => {
      console.error(error);
      response.destroy();
    });
  });
  return new Promise((done, reject) => {
    server.once("error", reject);
    server.listen(port, host, () => {
      const close = () => {
        server.close();
        server.closeAllConnections();
      };
      done({ url: `http://${host}:${server.address().port}/`, close });
    });
  });
}

// node scripts/static-server.mjs FOLDER PORT [--plain]
if (import.meta.url === pathToFileURL(process.argv[1] ?? root).href) {
  const [folder = "dist", port = "4173", plain] = process.argv.slice(2);
  const { url } = await serveFolder({ folder: inRoot(folder), port: Number(port), isolated: plain !== "--plain" });
  console.log(`${folder} on ${url}`);
}
