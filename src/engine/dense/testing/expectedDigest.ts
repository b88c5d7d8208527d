/** What digest() gives with plain SIMD, in Node as in every browser, on any number of threads. */
export const EXPECTED_DIGEST = "2160136a6f6120dae4e8323a0a214c60eaea779c259e4e0740e58b6a3785f625";
