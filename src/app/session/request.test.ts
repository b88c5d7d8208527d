import { describe, expect, it } from "vitest";
import { backendRequest, backendSearch } from "./request.ts";

describe("the engine in the address", () => {
  it("takes what is there and ignores what makes no sense", () => {
    expect(backendRequest("?backend=tape&threads=3&reproducible&software")).toEqual({
      backend: "tape",
      threads: 3,
      reproducible: true,
      allowSoftware: true,
    });
    const automatic = { backend: "auto", threads: 0, reproducible: false, allowSoftware: false };
    expect(backendRequest("?backend=abacus&threads=-1")).toEqual(automatic);
    expect(backendRequest("")).toEqual(automatic);
  });

  it("writes a request back and leaves the rest of the query alone", () => {
    const request = { backend: "wasm", threads: 2, reproducible: true, allowSoftware: false } as const;
    const search = backendSearch("?debug=1&backend=cpu&software", request);
    expect(backendRequest(search)).toEqual(request);
    expect(new URLSearchParams(search).get("debug")).toBe("1");
    expect(backendSearch(search, backendRequest(""))).toBe("?debug=1");
  });
});
