import { encode as encodePng } from "fast-png";
import { gzipSync } from "fflate";
import { packTar } from "modern-tar";
import { expect, it } from "vitest";
import type { Store } from "../storage/store.ts";
import { cifar10Benchmark } from "./cifar10.ts";
import { importFiles, listDatasets } from "./datasets.ts";

/** 48 × 34, vertical stripes, chroma subsampled. */
const JPEG =
  "/9j/4AAQSkZJRgABAQAAAQABAAD/2wCEABsSFBcUERsXFhceHBsgKEIrKCUlKFE6PTBCYFVlZF9VXVtqeJmBanGQc1tdhbWGkJ6jq62rZ4C8ybqmx5moq6QBHB4eKCMoTisrTqRuXW6kpKSkpKSkpKSkpKSkpKSkpKSkpKSkpKSkpKSkpKSkpKSkpKSkpKSkpKSkpKSkpKSkpP/AABEIACIAMAMBEQACEQEDEQH/xAGiAAABBQEBAQEBAQAAAAAAAAAAAQIDBAUGBwgJCgsQAAIBAwMCBAMFBQQEAAABfQECAwAEEQUSITFBBhNRYQcicRQygZGhCCNCscEVUtHwJDNicoIJChYXGBkaJSYnKCkqNDU2Nzg5OkNERUZHSElKU1RVVldYWVpjZGVmZ2hpanN0dXZ3eHl6g4SFhoeIiYqSk5SVlpeYmZqio6Slpqeoqaqys7S1tre4ubrCw8TFxsfIycrS09TV1tfY2drh4uPk5ebn6Onq8fLz9PX29/j5+gEAAwEBAQEBAQEBAQAAAAAAAAECAwQFBgcICQoLEQACAQIEBAMEBwUEBAABAncAAQIDEQQFITEGEkFRB2FxEyIygQgUQpGhscEJIzNS8BVictEKFiQ04SXxFxgZGiYnKCkqNTY3ODk6Q0RFRkdISUpTVFVWV1hZWmNkZWZnaGlqc3R1dnd4eXqCg4SFhoeIiYqSk5SVlpeYmZqio6Slpqeoqaqys7S1tre4ubrCw8TFxsfIycrS09TV1tfY2dri4+Tl5ufo6ery8/T19vf4+fr/2gAMAwEAAhEDEQA/AOerQg6+gDCoA6avmjYyq+lMTDoAgoA6+gDCoA6avmjYyq+lMTDoAgoA6+gDCoA6avmjYyq+lMTDoAgoA6+gDCoA6avmjYyq+lMTDoAgoA6+gDCoA6avmjYyq+lMTDoA/wD/2Q==";

/** Importing must give the same bytes in Node and in browsers; only tests import this. */
export function importContract(open: () => Promise<Store>): void {
  it("imports packed PNG, JPEG and CIFAR to the same bytes in every engine", async () => {
    const store = await open();
    const noise = (n: number) => Uint8Array.from({ length: n }, (_, i) => Math.imul(i + 1, 2654435761) >>> 24);
    const png = encodePng({ width: 50, height: 40, data: noise(6000), channels: 3 });
    const jpeg = Uint8Array.from(atob(JPEG), (c) => c.charCodeAt(0));
    const tar = await packTar(
      Object.entries({ "dtd/images/dotted/a.png": png, "dtd/images/woven/b.jpg": jpeg }).map(([name, body]) => ({
        header: { name, size: body.length, type: "file" },
        body,
      })),
    );
    const records = noise(20 * 3073);
    for (let i = 0; i < 20; i++) records[i * 3073] = i % 10;
    const outcomes = await importFiles(
      [
        { name: "dtd.tar.gz", bytes: async () => gzipSync(tar) },
        { name: "data_batch_1.bin", bytes: async () => records },
      ],
      store,
    );
    expect(outcomes.map(({ ok, dataset }) => [ok, dataset])).toEqual([
      [true, "cifar10-train"],
      [true, "texture"],
    ]);
    expect((await listDatasets(store)).map(({ hash }) => hash.slice(0, 12))).toEqual(["9e778c3607f7", "9c06581c3bdb"]);
    const { info, loadSome } = await cifar10Benchmark(store);
    expect(info.sets.map(({ name }) => name)).toEqual(["train", "texture"]);
    expect([...(await loadSome("train", [13])).labels]).toEqual([3]);
  });
}
