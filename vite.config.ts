import { gzipSync } from "node:zlib";
import react from "@vitejs/plugin-react";
import { defineConfig, type Plugin } from "vite";
import { isolationHeaders } from "./chromium.config.ts";

/** Prints what a first visit has to load before it can draw: the entry, what it imports statically, its styles. */
function reportShellSize(): Plugin {
  return {
    name: "report-shell-size",
    apply: "build",
    generateBundle(_options, bundle) {
      const shell = new Set<string>();
      const add = (name: string): void => {
        const chunk = bundle[name];
        if (chunk?.type !== "chunk" || shell.has(name)) return;
        shell.add(name);
        chunk.imports.forEach(add);
      };
      for (const [name, chunk] of Object.entries(bundle)) if (chunk.type === "chunk" && chunk.isEntry) add(name);
      const gzipped = (source: string | Uint8Array) => gzipSync(source).length / 1000;
      let scripts = 0;
      let styles = 0;
      for (const [name, part] of Object.entries(bundle)) {
        if (part.type === "chunk" && shell.has(name)) scripts += gzipped(part.code);
        if (part.type === "asset" && name.endsWith(".css")) styles += gzipped(part.source);
      }
      this.info(`app shell: ${scripts.toFixed(0)} kB of script and ${styles.toFixed(0)} kB of styles, gzipped`);
    },
  };
}

/** The app: dist/ is a folder that any static host can serve, under any path. */
export default defineConfig({
  base: "./",
  plugins: [react(), reportShellSize()],
  worker: { format: "es" },
  server: { headers: isolationHeaders },
  preview: { headers: isolationHeaders },
  build: {
    target: "es2023",
    // Inlined files would be data: URLs, which a strict content security policy forbids.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 700,
    rolldownOptions: {
      output: {
        codeSplitting: {
          groups: [
            { name: "react", test: /node_modules[\\/](react|react-dom|scheduler)[\\/]/, priority: 2 },
            { name: "mantine", test: /node_modules[\\/](@mantine|@floating-ui)[\\/]/, priority: 1 },
          ],
        },
      },
    },
  },
});
