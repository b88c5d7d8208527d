/** Brings numbers back from the GPU through one buffer: copies are recorded, then read after the submit. */
export class Readback {
  private readonly buffer: GPUBuffer;
  private pieces: { offset: number; floats: number }[] = [];
  private used = 0;
  private reading = false;

  constructor(
    device: GPUDevice,
    /** Bytes of all copies of one call. */
    private readonly bytes: number,
  ) {
    const usage = GPUBufferUsage.COPY_DST | GPUBufferUsage.MAP_READ;
    this.buffer = device.createBuffer({ label: "read back", size: bytes, usage });
  }

  /** Begins anew. @throws Error while the numbers of before are awaited */
  reset(): void {
    if (this.reading) throw new Error("The numbers of an earlier call are still on their way.");
    this.pieces = [];
    this.used = 0;
  }

  /** Records the copy of the first floats of a buffer. */
  copy(encoder: GPUCommandEncoder, source: GPUBuffer, floats: number): void {
    const size = floats * 4;
    if (this.used + size > this.bytes) throw new Error(`${this.used + size} bytes to read back, not ${this.bytes}.`);
    encoder.copyBufferToBuffer(source, 0, this.buffer, this.used, size);
    this.pieces.push({ offset: this.used, floats });
    this.used += size;
  }

  /** The copies, in their order, when the GPU has made them. Rejects if the device is lost. */
  async read(): Promise<Float32Array[]> {
    this.reading = true;
    try {
      await this.buffer.mapAsync(GPUMapMode.READ, 0, this.used);
      const all = this.buffer.getMappedRange(0, this.used).slice(0);
      this.buffer.unmap();
      return this.pieces.map(({ offset, floats }) => new Float32Array(all, offset, floats));
    } finally {
      this.reading = false;
    }
  }

  destroy(): void {
    this.buffer.destroy();
  }
}
