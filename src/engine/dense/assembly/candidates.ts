/*
 * Candidates of one query: pairs of 8 bytes, a float32 key and the int32 index of a bank row.
 */

// @ts-ignore: decorator
@inline
function swap(a: usize, b: usize): void {
  const kept = load<u64>(a);
  store<u64>(a, load<u64>(b));
  store<u64>(b, kept);
}

/**
 * The k-th smallest key (k from 1) of the candidates from `first` to before `end`, which stands at its sorted place
 * afterwards, smaller or equal ones before it. Hoare's quickselect; keys are never NaN.
 */
export function select(first: usize, end: usize, k: i32): f32 {
  const place: usize = first + (<usize>(k - 1) << 3);
  let low: usize = first;
  let high: usize = end - 8;
  while (low < high) {
    // The median of three goes to the middle: sorted input is no worst case.
    const middle: usize = low + (((high - low) >> 4) << 3);
    if (load<f32>(middle) < load<f32>(low)) swap(middle, low);
    if (load<f32>(high) < load<f32>(low)) swap(high, low);
    if (load<f32>(high) < load<f32>(middle)) swap(high, middle);
    const pivot = load<f32>(middle);
    let i: usize = low;
    let j: usize = high;
    while (i <= j) {
      while (load<f32>(i) < pivot) i += 8;
      while (load<f32>(j) > pivot) j -= 8;
      if (i <= j) {
        swap(i, j);
        i += 8;
        j -= 8;
      }
    }
    if (place <= j) high = j;
    else if (place >= i) low = i;
    else break;
  }
  return load<f32>(place);
}

/** Moves the candidates whose key is at most `most` to the front; how many they are. */
export function keep(first: usize, count: i32, most: f32): i32 {
  let kept: usize = first;
  const end: usize = first + (<usize>count << 3);
  for (let at: usize = first; at < end; at += 8) {
    if (load<f32>(at) <= most) {
      store<u64>(kept, load<u64>(at));
      kept += 8;
    }
  }
  return <i32>((kept - first) >> 3);
}
