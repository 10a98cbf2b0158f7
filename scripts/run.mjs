// node scripts/run.mjs scripts/<name>.ts [arguments]: runs a script of this project on Node 24.
import { runOnNode24 } from './install.mjs';

const [script, ...scriptArguments] = process.argv.slice(2);
if (script === undefined) {
  process.stderr.write('which script? node scripts/run.mjs scripts/<name>.ts [arguments]\n');
  process.exit(2);
}
await runOnNode24(script, scriptArguments);
