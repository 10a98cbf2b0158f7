import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * Adds to package-lock.json the builds for other platforms that npm left out. npm forgets them when it writes the lockfile
 * over a registry whose copies of them lag behind, and `npm ci` then refuses the file everywhere. What they are is known
 * without asking: the packages that want them name exact versions, and the platform stands in their names.
 *
 * Run it after `npm install X`: node scripts/run.mjs scripts/complete-lockfile.ts
 * With `--integrity` it also asks the registry, package by package, for the checksums of what it added. Run that over a
 * registry that has every platform's builds; what the registry does not have stays without one.
 */

type Entry = {
  version?: string;
  integrity?: string;
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

const arguments_ = process.argv.slice(2);
const path =
  arguments_.find((argument) => !argument.startsWith('--')) ??
  join(import.meta.dirname, '..', 'package-lock.json');
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

/** The registry's checksum of a version; undefined when it does not have that version. */
const checksumOf = (spec: string): string | undefined => {
  try {
    const said = execFileSync('npm', ['view', spec, 'dist.integrity', '--json'], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const checksum: unknown = JSON.parse(said);
    return typeof checksum === 'string' ? checksum : undefined;
  } catch (cause) {
    const said = cause instanceof Error && 'stderr' in cause ? String(cause.stderr) : '';
    if (said.includes('E404')) return undefined;
    throw cause;
  }
};

const filled: string[] = [];
const without: string[] = [];
for (const [place, entry] of Object.entries(lockfile.packages)) {
  if (place === '' || entry.version === undefined || entry.integrity !== undefined) continue;
  const spec = `${place.slice(place.lastIndexOf('node_modules/') + 'node_modules/'.length)}@${entry.version}`;
  const integrity = arguments_.includes('--integrity') ? checksumOf(spec) : undefined;
  if (integrity === undefined) {
    without.push(spec);
    continue;
  }
  const { version, ...rest } = entry;
  lockfile.packages[place] = { version, integrity, ...rest };
  filled.push(spec);
}

if (added.length > 0 || filled.length > 0) {
  const sorted = Object.entries(lockfile.packages).toSorted(([a], [b]) => a.localeCompare(b, 'en'));
  lockfile.packages = Object.fromEntries(sorted);
  writeFileSync(path, `${JSON.stringify(lockfile, null, 2)}\n`);
}
process.stdout.write(
  [
    added.length === 0 ? 'nothing was missing' : `added ${added.length}:\n  ${added.join('\n  ')}`,
    ...(filled.length === 0 ? [] : [`gave ${filled.length} their checksum`]),
    ...(without.length === 0 ? [] : [`${without.length} have no checksum (--integrity asks for it)`]),
    '',
  ].join('\n'),
);
