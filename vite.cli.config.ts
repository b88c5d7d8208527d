import { defineConfig } from "vite";

/**
 * The `sio` command as one bundle for Node. tfjs is bundled from its ES modules: its entries for Node leave the
 * gradients out. Only Dawn (`webgpu`), a native addon, stays a package.
 */
export default defineConfig({
  publicDir: false,
  build: {
    ssr: true,
    outDir: "dist-cli",
    target: "node20",
    minify: false,
    sourcemap: true,
    rolldownOptions: {
      input: { main: "cli/main.ts" },
      output: { entryFileNames: "[name].js", chunkFileNames: "chunks/[name]-[hash].js" },
    },
  },
  ssr: { target: "node", noExternal: true, external: ["webgpu"] },
});
