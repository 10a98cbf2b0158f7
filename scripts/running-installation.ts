import { join } from 'node:path';
import { readEnvironment } from './data-folder.ts';

/**
 * The environment for a script that works on an installation: what the caller's environment says, and for the rest what
 * `npm start` left in the data folder (`.fairlead`, or the folder given). Read it with `readConfig`.
 */
export const installationEnvironment = (dataFolder?: string): NodeJS.ProcessEnv => ({
  ...readEnvironment(dataFolder ?? join(import.meta.dirname, '..', '.fairlead')),
  ...process.env,
});
