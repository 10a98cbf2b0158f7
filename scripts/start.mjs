import { runOnNode24 } from './install.mjs';

await runOnNode24('scripts/start.ts', process.argv.slice(2));
