/** What digest() gives with plain SIMD, in Node as in every browser, on any number of threads. */
export const EXPECTED_DIGEST = "e39435dd2acfe4364912cafa26835932ca4eaca7aed681a15243d160720dc9ca";
