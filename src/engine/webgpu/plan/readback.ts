/** Brings numbers back from the GPU through one buffer, made once: copies are recorded, then read after the submit. */
export class Readback {
  private readonly buffer: GPUBuffer;
  private readonly pieces: { offset: number; floats: number }[] = [];
  private used = 0;

  constructor(
    device: GPUDevice,
    /** Bytes of all copies between two reads. */
    private readonly bytes: number,
  ) {
    const usage = GPUBufferUsage.COPY_DST | GPUBufferUsage.MAP_READ;
    this.buffer = device.createBuffer({ label: "read back", size: bytes, usage });
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
    const pieces = this.pieces.splice(0);
    const size = this.used;
    this.used = 0;
    await this.buffer.mapAsync(GPUMapMode.READ, 0, size);
    const all = this.buffer.getMappedRange(0, size).slice(0);
    this.buffer.unmap();
    return pieces.map(({ offset, floats }) => new Float32Array(all, offset, floats));
  }

  destroy(): void {
    this.buffer.destroy();
  }
}
