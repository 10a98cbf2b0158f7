import { Writable } from 'node:stream';
import { createLog } from '../../adapters/log.ts';
import { createPool } from '../../adapters/store/pool.ts';
import { createTestDatabase } from '../setup/database.ts';

test('an error of the database is logged without the row that it names', async () => {
  const database = await createTestDatabase();
  const pool = createPool({ url: database.superuserUrl, max: 1, applicationName: 'test-log' });
  const lines: string[] = [];
  const destination = new Writable({
    write: (line: Buffer, _encoding, done) => {
      lines.push(line.toString());
      done();
    },
  });
  const log = createLog({ name: 'workers', level: 'info', destination });
  try {
    const failed: unknown = await pool
      .query(
        "insert into person (id, email, display_name, side) values ('psn_1', 'desk@secret.example', null, 'vendor')",
      )
      .catch((cause: unknown) => cause);
    expect(failed).toMatchObject({ detail: expect.stringContaining('desk@secret.example') });
    log.error({ err: failed, loop: 'imports' }, 'a round failed');
    log.error({ error: failed }, 'the engine says so');
    log.error({ err: new Error('a step failed', { cause: failed }) }, 'with its cause');
    expect(lines).toHaveLength(3);
    for (const line of lines) expect(line).not.toContain('secret.example');
    expect(lines[0]).toContain('23502');
  } finally {
    await pool.end();
    await database.drop();
  }
});
