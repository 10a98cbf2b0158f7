import { Button, MantineProvider } from '@mantine/core';
import { QueryClientProvider, type QueryClient } from '@tanstack/react-query';
import { RouterProvider } from '@tanstack/react-router';
import { useState, type ReactNode } from 'react';
import type { Session } from '../../../api/contract/session.ts';
import { LoadingRows, ProblemNotice } from '../components/notices.tsx';
import { createQueryClient, isSignedOut, useRead } from '../lib/queries.ts';
import { SessionContext } from '../lib/session.ts';
import { createConsoleRouter } from './router.tsx';
import { cssVariables, theme } from './theme.ts';

/** The whole application. `nonce` is what this answer's policy allows styles by. */
export function App({ nonce }: { nonce: string }): ReactNode {
  const [client] = useState<QueryClient>(createQueryClient);
  return (
    <MantineProvider
      theme={theme}
      cssVariablesResolver={cssVariables}
      defaultColorScheme="auto"
      getStyleNonce={() => nonce}
    >
      <QueryClientProvider client={client}>
        <Entrance />
      </QueryClientProvider>
    </MantineProvider>
  );
}

/** Nothing is shown before it is known who looks. */
function Entrance(): ReactNode {
  const read = useRead('GET /api/session', {});
  // Once somebody is in, a later 401 is told above the page and takes nothing away.
  if (read.data !== undefined) return <Inside session={read.data} />;
  if (isSignedOut(read.error)) return <SignedOut />;
  return (
    <main className="page narrow">
      <ProblemNotice error={read.error} onRetry={() => void read.refetch()} />
      {read.isPending && <LoadingRows rows={8} />}
    </main>
  );
}

function Inside({ session }: { session: Session }): ReactNode {
  // One router for as long as the same person is signed in: a new one would forget what stands in the forms.
  const [made, setMade] = useState(() => ({
    personId: session.person.id,
    router: createConsoleRouter({ session }),
  }));
  if (made.personId !== session.person.id) {
    setMade({ personId: session.person.id, router: createConsoleRouter({ session }) });
  }
  return (
    <SessionContext value={session}>
      <RouterProvider router={made.router} />
    </SessionContext>
  );
}

function SignedOut(): ReactNode {
  const back = `${window.location.pathname}${window.location.search}`;
  return (
    <main className="page narrow" style={{ paddingTop: 96, textAlign: 'center', margin: '0 auto' }}>
      <img src="/mark.svg" width={40} height={40} alt="" />
      <h1 style={{ fontSize: 20, margin: '12px 0 4px' }}>Fairlead</h1>
      <p className="quiet">Deals registered, decided in time, and explained.</p>
      <Button component="a" size="sm" mt={8} href={`/sign-in?returnTo=${encodeURIComponent(back)}`}>
        Sign in
      </Button>
    </main>
  );
}
