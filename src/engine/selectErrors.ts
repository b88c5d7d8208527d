/** One backend cannot be used here. `message` completes the sentence "WebGPU: …": no capital, no full stop. */
export class BackendRefused extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "BackendRefused";
  }
}

/** No backend that the request allows can be used. */
export class NoBackend extends Error {
  constructor(message: string) {
    super(message);
    this.name = "NoBackend";
  }
}
