import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { WORKERS } from '../../../scripts/parts.ts';

const FIXTURE = join(import.meta.dirname, '..', '..', 'fixtures', 'sandbox-thread.ts');

/** Runs the fixture as the workers are run; gives what it printed and its exit code. */
const run = async (
  what: 'endless' | 'endless-unwatched' | 'busy',
): Promise<{ code: number | null; printed: string }> => {
  const child = spawn(process.execPath, [...WORKERS.nodeArguments, FIXTURE, what], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let printed = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    printed += text;
  });
  const code = await new Promise<number | null>((settle) => child.once('close', settle));
  return { code, printed: printed.trim() };
};

describe('the thread of workflow code', () => {
  test('a call into it that never ends is noticed', async () => {
    expect(await run('endless')).toEqual({ code: 70, printed: 'stuck' });
  });

  test('many calls, some of which throw, and the waits between them are not taken for one that never ends', async () => {
    expect(await run('busy')).toEqual({
      code: 0,
      printed: '12 calls, 4 of them threw; promises keep no stacks',
    });
  });

  test('where nobody watches, the sandbox keeps its own limit', async () => {
    expect(await run('endless-unwatched')).toEqual({
      code: 0,
      printed: 'Error: Script execution timed out after 200ms',
    });
  });
});
