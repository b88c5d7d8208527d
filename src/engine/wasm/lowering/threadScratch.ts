/** How much work space of its own each thread needs: what the most demanding kernel asks for. */
export class ThreadScratch {
  private most = 0;

  reserve(bytes: number): void {
    this.most = Math.max(this.most, bytes);
  }

  get bytes(): number {
    return this.most;
  }
}
