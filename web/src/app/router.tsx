import {
  Link,
  createRootRouteWithContext,
  createRoute,
  createRouter,
  lazyRouteComponent,
  redirect,
  type ErrorComponentProps,
} from '@tanstack/react-router';
import type { ReactNode } from 'react';
import type { Session } from '../../../api/contract/session.ts';
import { Empty, LoadingRows, ProblemNotice } from '../components/notices.tsx';
import { readInboxSearch } from '../features/inbox/inbox-search.ts';
import { readListSearch } from '../features/deal-registration/list-search.ts';
import { firstScreen } from './navigation.ts';
import { Shell } from './shell.tsx';

/*
 * The address is the view: filters, the selected case and what a page compares are typed search parameters. Each
 * screen is a chunk of its own, loaded when it is first opened.
 */

interface Context {
  readonly session: Session;
}

/** Search parameters may always be left out of a link. */
type Optional<Name extends string> = { readonly [N in Name]?: string | undefined };

const root = createRootRouteWithContext<Context>()({ component: Shell });

const home = createRoute({
  getParentRoute: () => root,
  path: '/',
  beforeLoad: ({ context }) => {
    // A redirect is thrown: that is how the router is told.
    throw redirect({ to: firstScreen(context.session), replace: true });
  },
});

const inbox = createRoute({
  getParentRoute: () => root,
  path: '/inbox',
  validateSearch: readInboxSearch,
  component: lazyRouteComponent(() => import('../features/inbox/inbox-page.tsx'), 'InboxPage'),
});

const registrations = createRoute({
  getParentRoute: () => root,
  path: '/deal-registrations',
  validateSearch: readListSearch,
  component: lazyRouteComponent(
    () => import('../features/deal-registration/list-page.tsx'),
    'RegistrationsPage',
  ),
});

const register = createRoute({
  getParentRoute: () => root,
  path: '/deal-registrations/new',
  validateSearch: (raw: Record<string, unknown>): Optional<'draft'> => ({ draft: text(raw['draft']) }),
  component: lazyRouteComponent(
    () => import('../features/deal-registration/register-page.tsx'),
    'RegisterPage',
  ),
});

const registration = createRoute({
  getParentRoute: () => root,
  path: '/deal-registrations/$id',
  component: lazyRouteComponent(() => import('../features/deal-registration/case-page.tsx'), 'CasePage'),
});

const myPartners = createRoute({
  getParentRoute: () => root,
  path: '/my-partners',
  component: lazyRouteComponent(
    () => import('../features/my-partners/my-partners-page.tsx'),
    'MyPartnersPage',
  ),
});

const operations = createRoute({
  getParentRoute: () => root,
  path: '/operations',
  component: lazyRouteComponent(() => import('../features/operations/board-page.tsx'), 'BoardPage'),
});

const policies = createRoute({
  getParentRoute: () => root,
  path: '/policies',
  validateSearch: (raw: Record<string, unknown>): Optional<'program' | 'kind'> => ({
    program: text(raw['program']),
    kind: text(raw['kind']),
  }),
  component: lazyRouteComponent(() => import('../features/policies/policies-page.tsx'), 'PoliciesPage'),
});

const policy = createRoute({
  getParentRoute: () => root,
  path: '/policies/$id',
  validateSearch: (raw: Record<string, unknown>): Optional<'since' | 'programId'> => ({
    since: text(raw['since']),
    programId: text(raw['programId']),
  }),
  component: lazyRouteComponent(() => import('../features/policies/policy-page.tsx'), 'PolicyPage'),
});

const calendars = createRoute({
  getParentRoute: () => root,
  path: '/calendars',
  validateSearch: (raw: Record<string, unknown>): Optional<'calendar' | 'year' | 'shown'> => ({
    calendar: text(raw['calendar']),
    year: text(raw['year']),
    shown: text(raw['shown']),
  }),
  component: lazyRouteComponent(() => import('../features/calendars/calendars-page.tsx'), 'CalendarsPage'),
});

const priceBooks = createRoute({
  getParentRoute: () => root,
  path: '/price-books',
  validateSearch: (raw: Record<string, unknown>): Optional<'book' | 'version' | 'search'> => ({
    book: text(raw['book']),
    version: text(raw['version']),
    search: text(raw['search']),
  }),
  component: lazyRouteComponent(
    () => import('../features/price-books/price-books-page.tsx'),
    'PriceBooksPage',
  ),
});

const exchangeRates = createRoute({
  getParentRoute: () => root,
  path: '/exchange-rates',
  validateSearch: (raw: Record<string, unknown>): Optional<'on' | 'pair'> => ({
    on: text(raw['on']),
    pair: text(raw['pair']),
  }),
  component: lazyRouteComponent(
    () => import('../features/exchange-rates/exchange-rates-page.tsx'),
    'ExchangeRatesPage',
  ),
});

const distributors = createRoute({
  getParentRoute: () => root,
  path: '/distributors',
  validateSearch: (raw: Record<string, unknown>): Optional<'search'> => ({ search: text(raw['search']) }),
  component: lazyRouteComponent(
    () => import('../features/distributors/distributors-page.tsx'),
    'DistributorsPage',
  ),
});

const people = createRoute({
  getParentRoute: () => root,
  path: '/people',
  validateSearch: (raw: Record<string, unknown>): Optional<'search' | 'role'> => ({
    search: text(raw['search']),
    role: text(raw['role']),
  }),
  component: lazyRouteComponent(() => import('../features/people/people-page.tsx'), 'PeoplePage'),
});

const audit = createRoute({
  getParentRoute: () => root,
  path: '/audit',
  validateSearch: (raw: Record<string, unknown>): Optional<'subject' | 'actorId' | 'from' | 'to'> => ({
    subject: text(raw['subject']),
    actorId: text(raw['actorId']),
    from: text(raw['from']),
    to: text(raw['to']),
  }),
  component: lazyRouteComponent(() => import('../features/audit/audit-page.tsx'), 'AuditPage'),
});

const imports = createRoute({
  getParentRoute: () => root,
  path: '/imports',
  component: lazyRouteComponent(() => import('../features/imports/imports-page.tsx'), 'ImportsPage'),
});

const preferences = createRoute({
  getParentRoute: () => root,
  path: '/preferences',
  component: lazyRouteComponent(
    () => import('../features/preferences/preferences-page.tsx'),
    'PreferencesPage',
  ),
});

const tree = root.addChildren([
  home,
  inbox,
  myPartners,
  registrations,
  register,
  registration,
  operations,
  policies,
  policy,
  calendars,
  priceBooks,
  exchangeRates,
  distributors,
  people,
  audit,
  imports,
  preferences,
]);

export function createConsoleRouter(context: Context) {
  return createRouter({
    routeTree: tree,
    context,
    defaultPreload: 'intent',
    defaultPendingMs: 150,
    defaultPendingComponent: Pending,
    defaultErrorComponent: Failed,
    defaultNotFoundComponent: NotFound,
  });
}

declare module '@tanstack/react-router' {
  interface Register {
    router: ReturnType<typeof createConsoleRouter>;
  }
}

function Pending(): ReactNode {
  return (
    <div className="page">
      <LoadingRows rows={10} />
    </div>
  );
}

function Failed({ error, reset }: ErrorComponentProps): ReactNode {
  return (
    <div className="page">
      <ProblemNotice error={error} onRetry={reset} />
    </div>
  );
}

function NotFound(): ReactNode {
  return (
    <Empty title="There is no page at this address" action={<Link to="/">To your first page</Link>}>
      The link may be old, or the case is not yours to see.
    </Empty>
  );
}

function text(value: unknown): string | undefined {
  // The router reads a text of digits as a number.
  if (typeof value === 'number') return String(value);
  return typeof value === 'string' && value !== '' ? value.slice(0, 120) : undefined;
}
