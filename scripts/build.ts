import { buildConsole, generateClient, hasConsole } from './generated-code.ts';
import { step } from './steps.mjs';

/** What an image needs besides the sources: Prisma's client and the console's files. */
await step('Prisma client', generateClient);
if (hasConsole()) await step('console', buildConsole);
