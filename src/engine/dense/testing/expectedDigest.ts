/** What digest() gives with plain SIMD, in Node as in every browser, on any number of threads. */
export const EXPECTED_DIGEST = "c93a201bcb8be00089658566a082d410d4ac4afd5a6332321bf6a5159b5ad527";
