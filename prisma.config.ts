import { defineConfig } from 'prisma/config';

/** Where the schema lies. Migrations are run by adapters/store/migrate.ts, never by this tool. */
export default defineConfig({ schema: 'prisma/schema' });
