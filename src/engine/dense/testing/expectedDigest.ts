/** What digest() gives with plain SIMD, in Node as in every browser, on any number of threads. */
export const EXPECTED_DIGEST = "da788c84d628ea6044d6022a13d9b57e05f444123685397da8b00494bd36c4a8";
