/** See static-server.mjs. */
export function serveFolder(options: {
  folder: string;
  port: number;
  isolated?: boolean;
  host?: string;
}): Promise<{ url: string; close: () => void }>;
