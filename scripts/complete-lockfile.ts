import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * Adds to package-lock.json the builds for other platforms that npm left out. npm forgets them when it writes the lockfile
 * over a registry whose copies of them lag behind, and `npm ci` then refuses the file everywhere. What they are is known
 * without asking: the packages that want them name exact versions, and the platform stands in their names.
 *
 * Run it after `npm install X`: node scripts/run.mjs scripts/complete-lockfile.ts
 */

type Entry = {
  version?: string;
  dev?: boolean;
  optional?: boolean;
  os?: string[];
  cpu?: string[];
  libc?: string[];
  optionalDependencies?: Record<string, string>;
};

const OS = [
  'android',
  'darwin',
  'freebsd',
  'linux',
  'openharmony',
  'win32',
  'sunos',
  'aix',
  'netbsd',
  'openbsd',
];
const CPU = ['arm', 'arm64', 'ia32', 'loong64', 'mips64el', 'ppc64', 'riscv64', 's390x', 'x64'];

const path = join(import.meta.dirname, '..', 'package-lock.json');
const lockfile = JSON.parse(readFileSync(path, 'utf8')) as { packages: Record<string, Entry> };

const platformOf = (name: string): Pick<Entry, 'os' | 'cpu' | 'libc'> => {
  const words = name.split(/[/-]/);
  const os = words.filter((word) => OS.includes(word));
  const cpu = words.filter((word) => CPU.includes(word));
  const libc = words.some((word) => word.startsWith('musl'))
    ? ['musl']
    : words.includes('gnu')
      ? ['glibc']
      : [];
  return {
    ...(os.length > 0 ? { os } : {}),
    ...(cpu.length > 0 ? { cpu } : {}),
    ...(os.includes('linux') && libc.length > 0 ? { libc } : {}),
  };
};

const added: string[] = [];
for (const [from, { optionalDependencies = {}, dev }] of Object.entries(lockfile.packages)) {
  for (const [name, version] of Object.entries(optionalDependencies)) {
    const nested = `${from === '' ? '' : `${from}/`}node_modules/${name}`;
    const hoisted = `node_modules/${name}`;
    const platform = platformOf(name);
    // Only exact versions of builds for a platform are certain; anything else npm has to resolve.
    if (lockfile.packages[nested] !== undefined || lockfile.packages[hoisted] !== undefined) continue;
    if (!/^\d+\.\d+\.\d+[\w.-]*$/.test(version) || platform.os === undefined) continue;
    lockfile.packages[hoisted] = { version, ...platform, ...(dev === true ? { dev } : {}), optional: true };
    added.push(`${name}@${version}`);
  }
}

if (added.length > 0) {
  const sorted = Object.entries(lockfile.packages).toSorted(([a], [b]) => a.localeCompare(b, 'en'));
  lockfile.packages = Object.fromEntries(sorted);
  writeFileSync(path, `${JSON.stringify(lockfile, null, 2)}\n`);
}
process.stdout.write(
  added.length === 0 ? 'nothing was missing\n' : `added ${added.length}:\n  ${added.join('\n  ')}\n`,
);
