import { createPool } from '../../../adapters/store/pool.ts';
import { createTestDatabase } from '../../setup/database.ts';
import { attachToServer } from '../../setup/temporal.ts';

test('a test database has the three roles and is a copy of its own', async () => {
  const [one, other] = await Promise.all([createTestDatabase(), createTestDatabase()]);
  try {
    for (const [url, role] of [
      [one.ownerUrl, 'fairlead_owner'],
      [one.appUrl, 'fairlead_app'],
      [one.workerUrl, 'fairlead_worker'],
    ] as const) {
      const pool = createPool({ url, max: 1, applicationName: 'test' });
      const { rows } = await pool.query('select current_user as me, current_database() as here');
      expect(rows).toEqual([{ me: role, here: one.name }]);
      await pool.end();
    }
    expect(one.name).not.toBe(other.name);
  } finally {
    await Promise.all([one.drop(), other.drop()]);
  }
});

test('the shared Temporal server answers', async () => {
  const environment = await attachToServer();
  const { namespaceInfo } = await environment.connection.workflowService.describeNamespace({
    namespace: 'default',
  });
  expect(namespaceInfo?.name).toBe('default');
  await environment.teardown();
});
