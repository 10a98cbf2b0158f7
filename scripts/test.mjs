import { runOnNode24 } from './install.mjs';

await runOnNode24('scripts/test.ts', process.argv.slice(2));
