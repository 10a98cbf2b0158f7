import { crc32, deflateRawSync } from 'node:zlib';

export interface ZippedFile {
  readonly name: string;
  readonly content: string;
}

const DEFLATED = 8;
const UTF8_NAMES = 0x0800;
const VERSION = 20;

/** Files as one archive (PKWARE APPNOTE 6.3, without ZIP64: under 4 GiB), all of the instant `atMs`. */
export function zipOf(files: readonly ZippedFile[], atMs: number): Buffer {
  const stamp = dosTime(atMs);
  const heads: Buffer[] = [];
  const parts: Buffer[] = [];
  let offset = 0;
  for (const { name, content } of files) {
    const nameBytes = Buffer.from(name, 'utf8');
    const plain = Buffer.from(content, 'utf8');
    const packed = deflateRawSync(plain);
    // What the local header and the directory say alike of a file.
    const about = Buffer.alloc(26);
    about.writeUInt16LE(VERSION, 0);
    about.writeUInt16LE(UTF8_NAMES, 2);
    about.writeUInt16LE(DEFLATED, 4);
    about.writeUInt32LE(stamp, 6);
    about.writeUInt32LE(crc32(plain), 10);
    about.writeUInt32LE(packed.length, 14);
    about.writeUInt32LE(plain.length, 18);
    about.writeUInt16LE(nameBytes.length, 22);
    const local = Buffer.concat([signed(0x04_03_4b_50), about, nameBytes, packed]);
    const place = Buffer.alloc(14);
    place.writeUInt32LE(offset, 10);
    const made = Buffer.alloc(2);
    made.writeUInt16LE(VERSION, 0);
    heads.push(Buffer.concat([signed(0x02_01_4b_50), made, about, place, nameBytes]));
    parts.push(local);
    offset += local.length;
  }
  const directory = Buffer.concat(heads);
  const end = Buffer.alloc(18);
  end.writeUInt16LE(files.length, 4);
  end.writeUInt16LE(files.length, 6);
  end.writeUInt32LE(directory.length, 8);
  end.writeUInt32LE(offset, 12);
  return Buffer.concat([...parts, directory, signed(0x06_05_4b_50), end]);
}

function signed(signature: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(signature, 0);
  return bytes;
}

/** An instant as MS-DOS wrote it: time in the low half, date in the high, in UTC, of two seconds' grain, from 1980. */
function dosTime(atMs: number): number {
  const at = new Date(atMs);
  const time = (at.getUTCHours() << 11) | (at.getUTCMinutes() << 5) | (at.getUTCSeconds() >> 1);
  const date =
    (Math.max(at.getUTCFullYear() - 1980, 0) << 9) | ((at.getUTCMonth() + 1) << 5) | at.getUTCDate();
  return ((date << 16) | time) >>> 0;
}
