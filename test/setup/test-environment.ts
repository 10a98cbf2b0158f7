/** How the servers of a test run reach its test files: Jest's worker processes inherit these variables. */
export const TEST_VARIABLES = {
  postgresPort: 'FAIRLEAD_TEST_POSTGRES_PORT',
  temporalAddress: 'FAIRLEAD_TEST_TEMPORAL_ADDRESS',
  testServer: 'FAIRLEAD_TEST_TIME_SKIPPING_SERVER',
  bundle: 'FAIRLEAD_TEST_WORKFLOW_BUNDLE',
} as const;

export const TEMPLATE_DATABASE = 'fairlead_template';

/** One of the values above. Throws when the run has no servers, as in the project `unit`. */
export const testVariable = (name: keyof typeof TEST_VARIABLES): string => {
  const value = process.env[TEST_VARIABLES[name]];
  if (value === undefined)
    throw new Error(`${TEST_VARIABLES[name]} is not set: this test belongs in a folder with servers`);
  return value;
};
