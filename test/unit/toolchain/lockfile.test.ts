import { readFileSync } from 'node:fs';
import { join } from 'node:path';

type Entry = {
  version?: string;
  resolved?: string;
  integrity?: string;
  optional?: boolean;
  link?: boolean;
  os?: string[];
  optionalDependencies?: Record<string, string>;
};

const text = readFileSync(join(import.meta.dirname, '..', '..', '..', 'package-lock.json'), 'utf8');
const { packages } = JSON.parse(text) as { packages: Record<string, Entry> };

test('the lockfile knows the builds of every platform, so that npm ci accepts it everywhere', () => {
  const missing = Object.entries(packages).flatMap(([from, { optionalDependencies = {} }]) =>
    Object.keys(optionalDependencies).filter(
      (name) =>
        packages[`${from}/node_modules/${name}`] === undefined &&
        packages[`node_modules/${name}`] === undefined,
    ),
  );
  // When this is red: node scripts/run.mjs scripts/complete-lockfile.ts
  expect(missing).toEqual([]);
});

test('whatever is installed is checked: only builds for a platform of their own may lack a checksum', () => {
  const unchecked = Object.entries(packages).filter(
    ([place, { integrity, link, optional, os }]) =>
      place !== '' && link !== true && integrity === undefined && !(optional === true && os !== undefined),
  );
  expect(unchecked.map(([place]) => place)).toEqual([]);
});

test('every build for the machines that run the checks has a checksum', () => {
  const ours = Object.entries(packages).filter(
    ([place, { os }]) => os?.includes('linux') === true && /linux-x64(?:-gnu)?$/.test(place),
  );
  expect(ours.length).toBeGreaterThan(3);
  expect(ours.filter(([, { integrity }]) => integrity === undefined).map(([place]) => place)).toEqual([]);
});

test('the lockfile names no registry', () => {
  expect(Object.values(packages).filter(({ resolved }) => resolved !== undefined)).toEqual([]);
});

test('what the project asks for is pinned to one version each', () => {
  const asked = JSON.parse(
    readFileSync(join(import.meta.dirname, '..', '..', '..', 'package.json'), 'utf8'),
  ) as {
    dependencies: Record<string, string>;
    devDependencies: Record<string, string>;
  };
  const loose = Object.entries({ ...asked.dependencies, ...asked.devDependencies }).filter(
    ([, version]) => !/^\d+\.\d+\.\d+(-[\w.]+)?$/.test(version),
  );
  expect(loose).toEqual([]);
});
