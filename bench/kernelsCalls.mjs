// One convolution's kernel calls, laid out in one memory: what bench/kernels.mjs times.

/** The distinct convolutions of ResNet-18 for 32-pixel images, with how many of each the network has. */
export function resnet18Shapes(width) {
  const shapes = [{ cin: 4, cout: width, size: 32, kernel: 3, stride: 1, count: 1 }];
  for (let stage = 0; stage < 4; stage++) {
    const channels = width << stage;
    const size = 32 >> stage;
    if (stage > 0) {
      shapes.push({ cin: channels / 2, cout: channels, size: size * 2, kernel: 3, stride: 2, count: 1 });
      shapes.push({ cin: channels / 2, cout: channels, size: size * 2, kernel: 1, stride: 2, count: 1 });
    }
    shapes.push({ cin: channels, cout: channels, size, kernel: 3, stride: 1, count: stage > 0 ? 3 : 4 });
  }
  return shapes;
}

/** Useful operations of one image: a multiplication and an addition per weight and output. */
export function operations({ cin, cout, size, kernel, stride }) {
  return 2 * (size / stride) ** 2 * kernel * kernel * cin * cout;
}

/** Activations [n][C/8][H+2][W+2][8] (4 channels: [n][H+2][W+2][4]) or, dense, without the border. */
function strides(channels, size, border) {
  const pixel = channels === 4 ? 16 : 32;
  const row = (size + 2 * border) * pixel;
  const block = (size + 2 * border) * row;
  return { pixel, row, block, image: Math.max(1, channels / 8) * block, blocks: Math.max(1, channels / 8) };
}

/** How many images one chunk of a batch of 128 has. */
const CHUNK = 8;

/**
 * Lays a shape out behind `start` and returns its calls: { forward | dX | dW: { direct, winograd } }, each a function
 * that runs one kernel over all `images` as the plan does, chunk by chunk.
 */
export function layout(memory, kernels, shape, images, start = 65536) {
  const { cin, cout, size, kernel, stride } = shape;
  const outSize = size / stride;
  let next = start;
  const take = (bytes) => {
    const address = next;
    next = Math.ceil((next + bytes) / 128) * 128;
    return address;
  };
  const table = (values) => {
    const address = take(values.length * 4);
    return { address, fill: () => new Int32Array(memory.buffer, address, values.length).set(values), values };
  };
  const tables = [];
  const listed = (values) => {
    const t = table(values);
    tables.push(t);
    return t.address;
  };

  const sx = strides(cin, size, 1);
  const sdy = strides(cout, outSize, 1);
  const sy = strides(cout, outSize, 0);
  const sdx = strides(cin, size, 0);
  const x = take(images * sx.image);
  const dy = take(images * sdy.image);
  const y = take(images * sy.image);
  const dx = take(images * sdx.image);
  const weightBytes = cin * cout * kernel * kernel * 4;
  const w = take(weightBytes);
  const transposed = take(weightBytes);
  const dw = take(weightBytes);
  const corner = x + (kernel === 3 ? 0 : sx.row + sx.pixel);
  const origin = (address, s) => address + s.row + s.pixel;
  const pass = outSize <= 4 ? 8 : outSize <= 8 ? 4 : 1;
  const chunks = (run) => () => {
    for (let lo = 0; lo < images; lo += CHUNK) run(lo, Math.min(images, lo + CHUNK));
  };

  const segments = (s, rows) => {
    const list = [];
    for (let b = 0; b < s.blocks; b++) for (let r = 0; r < rows; r++) list.push(b * s.block + r * s.row);
    return list;
  };
  const forwardSegments = segments(sx, kernel);
  const forwardTable = listed(forwardSegments);
  const calls = { forward: {}, dX: {}, dW: {} };
  calls.forward.direct = chunks((lo, hi) =>
    kernels.convolve(
      ...[corner, w, y, lo, hi, pass, outSize, outSize, sx.image, stride * sx.row, stride * sx.pixel],
      ...[forwardSegments.length, forwardTable, kernel * (sx.pixel / 4)],
      ...[cout / 8, sy.image, sy.row, sy.pixel, sy.block, 0, 0, 0],
    ),
  );

  if (cin >= 8) {
    const phases =
      kernel === 1
        ? [[0, 0, 1, 1]]
        : stride === 1
          ? [[0, 0, 3, 3]]
          : [
              [0, 0, 1, 1],
              [0, 1, 1, 2],
              [1, 0, 2, 1],
              [1, 1, 2, 2],
            ];
    const centred = kernel === 3 && stride === 1;
    let weights = transposed;
    const phaseCalls = phases.map(([row, column, rows, columns]) => {
      const list = segments(sdy, rows);
      const args = [
        ...[list.length, listed(list), columns * 8, cin / 8],
        ...[sdx.image, stride * sdx.row, stride * sdx.pixel, sdx.block, 0, 0, 0],
      ];
      const from = centred ? dy : origin(dy, sdy);
      const to = dx + row * sdx.row + column * sdx.pixel;
      const panels = weights;
      weights += rows * columns * cin * cout * 4;
      return (lo, hi) =>
        kernels.convolve(from, panels, to, lo, hi, pass, outSize, outSize, sdy.image, sdy.row, sdy.pixel, ...args);
    });
    calls.dX.direct = chunks((lo, hi) => {
      for (const call of phaseCalls) call(lo, hi);
    });
  }

  const rows = [];
  for (let b = 0; b < sx.blocks; b++) {
    for (let tap = 0; tap < kernel ** 2; tap++) {
      const pixel = Math.floor(tap / kernel) * sx.row + (tap % kernel) * sx.pixel;
      for (let part = 0; part < sx.pixel; part += 16) rows.push(b * sx.block + pixel + part);
    }
  }
  const rowTable = listed(rows);
  const imagesPerBlock = filterGradientImages(sx.image + sdy.image, outSize ** 2);
  calls.dW.direct = () =>
    kernels.filterGradient(
      ...[corner, origin(dy, sdy), dw, 0, (rows.length * cout) / 8, images, imagesPerBlock, outSize, outSize],
      ...[sx.image, stride * sx.row, stride * sx.pixel, rowTable, cout / 8, (weightBytes * 8) / cout],
      ...[sdy.image, sdy.row, sdy.block],
    );

  if (kernel === 3 && stride === 1 && cin >= 8) {
    const perImage = Math.ceil(size / 4) ** 2;
    const all = images * perImage;
    const group = winogradGroup(cin, cout, all);
    const block = Math.min(images, CHUNK);
    const u = take(36 * (cin * cout * 4 + 128));
    const mirrored = take(36 * (cin * cout * 4 + 128));
    const transformed = (tiles) => 36 * (tiles * (cin + cout) * 4 + 128);
    const scratch = take(6656 + Math.max(transformed(group), transformed(block * perImage)));
    const partials = take(Math.ceil(images / block) * weightBytes);
    const shared = take(transformed(all));
    const range = Math.max(CHUNK, Math.ceil(group / perImage));
    const wide = (run) => () => {
      for (let lo = 0; lo < images; lo += range) run(lo, Math.min(images, lo + range));
    };
    const sx4 = [sx.image, sx.block, sx.row, sx.pixel, cin / 8];
    const sdy4 = [sdy.image, sdy.block, sdy.row, sdy.pixel, cout / 8];
    calls.forward.winograd = wide((lo, hi) =>
      kernels.winogradConvolve(
        ...[x, u, y, lo, hi, group, size, size, ...sx4],
        ...[sy.image, sy.block, sy.row, sy.pixel, cout / 8, 0, 0, 0, scratch],
      ),
    );
    calls.dX.winograd = wide((lo, hi) =>
      kernels.winogradConvolve(
        ...[dy, mirrored, dx, lo, hi, group, size, size, ...sdy4],
        ...[sdx.image, sdx.block, sdx.row, sdx.pixel, cin / 8, 0, 0, 0, scratch],
      ),
    );
    calls.dW.winograd = () => {
      for (let lo = 0, part = partials; lo < images; lo += block, part += weightBytes) {
        const hi = Math.min(images, lo + block);
        kernels.winogradFilterGradient(
          ...[x, origin(dy, sdy), part, lo, hi, winogradPass(cin, cout, perImage, block), size, size],
          ...[...sx4, ...sdy4, scratch],
        );
      }
      kernels.sumPartials(partials, dw, 0, weightBytes / 32, Math.ceil(images / block), weightBytes);
    };
    calls.dW["winograd shared"] = () => {
      kernels.winogradGradientTiles(
        ...[x, origin(dy, sdy), shared, 0, images, all, size, size, ...sx4, ...sdy4, scratch],
      );
      const items = (cin / 4) * (cout / 8);
      kernels.winogradGradientProducts(shared, dw, 0, items, all, all, SHARED_PASS, cin / 8, cout / 8, scratch);
    };
    calls.weights = () => {
      kernels.winogradWeights(w, u, 0, cout / 8, cin / 8, cout / 8, 0, scratch);
      kernels.winogradWeights(w, mirrored, 0, cin / 8, cout / 8, cin / 8, 1, scratch);
    };
  }

  const pages = Math.ceil(next / 65536) - memory.buffer.byteLength / 65536;
  if (pages > 0) memory.grow(pages);
  for (const t of tables) t.fill();
  const fill = (address, bytes) => {
    const values = new Float32Array(memory.buffer, address, bytes / 4);
    let state = 1;
    for (let i = 0; i < values.length; i++) {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
      values[i] = state / 2147483648 - 1;
    }
  };
  fill(x, dw + weightBytes - x);
  calls.weights?.();
  return calls;
}

/** Images per block of filterGradient: those that stay in the cache nearby, but long enough runs of pixels. */
export function filterGradientImages(bytes, area) {
  return Math.max(Math.ceil(64 / area), Math.floor((96 * 1024) / bytes));
}

/** Tiles whose sums winogradGradientProducts forms at once. */
const SHARED_PASS = 256;

/**
 * Tiles that one group of winogradConvolve takes: those that fit the cache, at least 16; more where the transformed
 * weights are too many for it and come from memory for every group.
 */
export function winogradGroup(cin, cout, tiles) {
  const fits = Math.floor((256 * 1024) / (36 * (cin + cout) * 4 * 4)) * 4;
  const least = 36 * cin * cout * 4 > 16 * 1024 * 1024 ? 64 : 16;
  return Math.max(least, Math.min(fits, Math.ceil(tiles / 4) * 4));
}

/** Images of a chunk that winogradFilterGradient transforms at once. */
export function winogradPass(cin, cout, perImage, block) {
  const fits = (256 * 1024) / (36 * (cin + cout) * 4 * perImage);
  return Math.max(1, Math.min(block, Math.round(Math.max(fits, 64 / perImage))));
}
