/**
 * Weight panels for the input gradient: roles of input and output channels swapped, taps in the order of
 * `tapTable` (mirrored for stride 1; the taps of one phase for larger strides).
 *
 * src [coutBlocks][(cinBlock, tap, group cin)][8 cout]  →  dst [cinBlocks][(coutBlock, listed tap, 8 cout)][8 cin]
 *
 * @param lo first input-channel block of this thread
 * @param hi one past its last
 * @param group input channels per block of the source: 8, or 4 for images, whose other four become 0
 * @param taps taps of the source kernel
 * @param listed how many of them `tapTable` names
 */
export function transposePanels(
  src: usize, dst: usize, lo: i32, hi: i32, cinBlocks: i32, coutBlocks: i32, group: i32,
  taps: i32, tapTable: usize, listed: i32,
): void {
  for (let cin = lo; cin < hi; cin++) {
    let d: usize = dst + (<usize>(cin * coutBlocks * listed) << 8);
    for (let cout = 0; cout < coutBlocks; cout++) {
      for (let k = 0; k < listed; k++) {
        const tap = load<i32>(tapTable + (<usize>k << 2));
        const s: usize = src + (<usize>(((cout * cinBlocks + cin) * taps + tap) * group) << 5);
        for (let o: usize = 0; o < 8; o++) {
          let i: usize = 0;
          for (; i < <usize>group; i++) store<f32>(d + (((o << 3) + i) << 2), load<f32>(s + (((i << 3) + o) << 2)));
          for (; i < 8; i++) store<f32>(d + (((o << 3) + i) << 2), 0);
        }
        d += 256;
      }
    }
  }
}
