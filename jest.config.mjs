/**
 * One project for each kind of test, in the order in which `npm test` runs them. Only `unit` needs no server; the others
 * share one Postgres with a migrated template database, one Temporal server and one workflow bundle (test/setup).
 */

const base = {
  rootDir: import.meta.dirname,
  testEnvironment: 'node',
  extensionsToTreatAsEsm: ['.ts', '.tsx'],
  transform: {
    '^.+\\.tsx?$': [
      '@swc/jest',
      {
        swcrc: false,
        jsc: {
          parser: { syntax: 'typescript', tsx: false },
          target: 'es2024',
          keepClassNames: true,
        },
        module: { type: 'es6' },
        sourceMaps: 'inline',
      },
    ],
  },
  modulePathIgnorePatterns: ['<rootDir>/(dist|bench|[.]cache|[.]fairlead)/'],
};

const project = (name, extra = {}) => ({
  ...base,
  displayName: name,
  testMatch: [`<rootDir>/test/${name}/**/*.test.ts`],
  ...extra,
});

const withServers = {
  globalSetup: '<rootDir>/test/setup/start-servers.mjs',
  globalTeardown: '<rootDir>/test/setup/stop-servers.mjs',
};

export default {
  // Two cores: more workers than that only make the clocks of the tests unreliable.
  maxWorkers: 2,
  // How long a test may hang, not how fast it must be: servers and browsers share the two cores.
  testTimeout: 60_000,
  projects: [
    project('unit'),
    project('integration', withServers),
    project('long-clocks', withServers),
    project('replay', withServers),
    project('faults', withServers),
    project('browser', withServers),
  ],
};
