import { crc32, deflateSync, inflateSync } from 'node:zlib';

/*
 * A screenshot has few colours, and is saved as if it had millions. This saves it with a palette of at most 256, a third of
 * the size. It reads what Chromium writes: 8 bits a channel, not interlaced, nothing transparent.
 */

const SIGNATURE = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
const PALETTE_SIZE = 256;

/** The same picture as an indexed PNG; colours beyond the 256 most frequent become the nearest of those. */
export function withPalette(png: Buffer): Buffer {
  const { width, height, pixels } = decode(png);
  const counts = new Map<number, number>();
  for (const pixel of pixels) counts.set(pixel, (counts.get(pixel) ?? 0) + 1);
  const colours = [...counts.keys()].toSorted(
    (left, right) => (counts.get(right) ?? 0) - (counts.get(left) ?? 0),
  );
  const palette = colours.slice(0, PALETTE_SIZE);
  const places = new Map(
    colours.map((colour, place) => [colour, place < palette.length ? place : nearest(palette, colour)]),
  );
  const rows = Buffer.alloc((width + 1) * height);
  for (let y = 0; y < height; y += 1)
    for (let x = 0; x < width; x += 1)
      rows[y * (width + 1) + 1 + x] = places.get(pixels[y * width + x] ?? 0) ?? 0;
  const head = Buffer.alloc(13);
  head.writeUInt32BE(width, 0);
  head.writeUInt32BE(height, 4);
  // 8 bits, palette; compression, filter and interlacing as they always are.
  head.set([8, 3, 0, 0, 0], 8);
  return Buffer.concat([
    SIGNATURE,
    chunk('IHDR', head),
    chunk('PLTE', Buffer.from(palette.flatMap((colour) => [...channels(colour)]))),
    chunk('IDAT', deflateSync(rows, { level: 9, memLevel: 9 })),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

function channels(colour: number): [red: number, green: number, blue: number] {
  return [colour >> 16, (colour >> 8) & 0xff, colour & 0xff];
}

function nearest(palette: readonly number[], colour: number): number {
  const [red, green, blue] = channels(colour);
  let [best, bestDistance] = [0, Number.POSITIVE_INFINITY];
  palette.forEach((one, place) => {
    const [r, g, b] = channels(one);
    const distance = (r - red) ** 2 + (g - green) ** 2 + (b - blue) ** 2;
    if (distance < bestDistance) [best, bestDistance] = [place, distance];
  });
  return best;
}

function decode(png: Buffer): { width: number; height: number; pixels: Uint32Array } {
  const parts: Buffer[] = [];
  let head: Buffer = Buffer.alloc(0);
  for (let at = SIGNATURE.length; at < png.length;) {
    const length = png.readUInt32BE(at);
    const name = png.toString('latin1', at + 4, at + 8);
    const data = png.subarray(at + 8, at + 8 + length);
    if (name === 'IHDR') head = data;
    if (name === 'IDAT') parts.push(data);
    at += length + 12;
  }
  const [width, height] = [head.readUInt32BE(0), head.readUInt32BE(4)];
  const step = head[9] === 2 ? 3 : head[9] === 6 ? 4 : 0;
  if (head[8] !== 8 || step === 0 || head[12] !== 0)
    throw new RangeError(`This is no screenshot as Chromium saves it: ${[...head.subarray(8)].join(' ')}.`);
  const raw = unfiltered(inflateSync(Buffer.concat(parts)), { stride: width * step, step, height });
  const pixels = new Uint32Array(width * height);
  for (let place = 0; place < pixels.length; place += 1) {
    const from = place * step;
    pixels[place] = ((raw[from] ?? 0) << 16) | ((raw[from + 1] ?? 0) << 8) | (raw[from + 2] ?? 0);
  }
  return { width, height, pixels };
}

/** The bytes of the pixels, row after row; each row comes as differences to what is left of it and above (PNG, section 9). */
function unfiltered(rows: Buffer, size: { stride: number; step: number; height: number }): Uint8Array {
  const { stride, step, height } = size;
  const out = new Uint8Array(stride * height);
  for (let y = 0; y < height; y += 1) {
    const filter = rows[y * (stride + 1)] ?? 0;
    for (let x = 0; x < stride; x += 1) {
      const left = x >= step ? (out[y * stride + x - step] ?? 0) : 0;
      const above = y > 0 ? (out[(y - 1) * stride + x] ?? 0) : 0;
      const corner = x >= step && y > 0 ? (out[(y - 1) * stride + x - step] ?? 0) : 0;
      const guess = [0, left, above, (left + above) >> 1, paeth(left, above, corner)][filter] ?? 0;
      out[y * stride + x] = (rows[y * (stride + 1) + 1 + x] ?? 0) + guess;
    }
  }
  return out;
}

function paeth(left: number, above: number, corner: number): number {
  const estimate = left + above - corner;
  const [toLeft, toAbove, toCorner] = [left, above, corner].map((one) => Math.abs(estimate - one)) as [
    number,
    number,
    number,
  ];
  if (toLeft <= toAbove && toLeft <= toCorner) return left;
  return toAbove <= toCorner ? above : corner;
}

function chunk(name: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(name, 'latin1'), data]);
  const [length, sum] = [Buffer.alloc(4), Buffer.alloc(4)];
  length.writeUInt32BE(data.length);
  sum.writeUInt32BE(crc32(body));
  return Buffer.concat([length, body, sum]);
}
