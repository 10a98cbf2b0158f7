import {
  ActionIcon,
  AppShell,
  Burger,
  Button,
  Kbd,
  Menu,
  NavLink,
  useComputedColorScheme,
  useMantineColorScheme,
} from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { spotlight } from '@mantine/spotlight';
import { IconLogout, IconMoon, IconSearch, IconSun, IconUser } from '@tabler/icons-react';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { Link, Outlet, useRouterState } from '@tanstack/react-router';
import { useEffect, type ReactNode } from 'react';
import { listWords } from '../../../domain/words/reader.ts';
import { roleWords } from '../../../domain/words/en.ts';
import { Notice } from '../components/notices.tsx';
import { UndoProvider } from '../components/undo-bar.tsx';
import { call } from '../lib/api.ts';
import { followLive } from '../lib/live.ts';
import { isSignedOut, useWrite } from '../lib/queries.ts';
import { useSession } from '../lib/session.ts';
import { Commands } from './commands.tsx';
import { KeyboardHelp } from './keyboard-help.tsx';
import { screensOf } from './navigation.ts';

/** Header, navigation, what is above every page. */
export function Shell(): ReactNode {
  const session = useSession();
  const client = useQueryClient();
  const [opened, { toggle, close }] = useDisclosure(false);
  const path = useRouterState({ select: ({ location }) => location.pathname });
  useEffect(() => followLive(client), [client]);
  useEffect(close, [path, close]);
  return (
    <UndoProvider>
      <a className="skip-link" href="#main">
        To the content
      </a>
      <AppShell
        header={{ height: 44 }}
        navbar={{ width: 180, breakpoint: 781, collapsed: { mobile: !opened } }}
        transitionDuration={0}
      >
        <AppShell.Header>
          <div className="shell-header">
            <Burger
              className="only-phone"
              opened={opened}
              onClick={toggle}
              size="sm"
              aria-label="Navigation"
            />
            <Link to="/" className="brand">
              <img src="/mark.svg" width={20} height={20} alt="" />
              Fairlead
              <small className="only-wide">
                {session.side === 'partner'
                  ? `${session.partner?.name ?? ''} with ${session.vendorName}`
                  : session.vendorName}
              </small>
            </Link>
            <div className="row push" style={{ flexWrap: 'nowrap' }}>
              <Button
                variant="default"
                className="only-wide"
                leftSection={<IconSearch size={14} />}
                rightSection={<Kbd size="xs">⌘K</Kbd>}
                onClick={spotlight.open}
              >
                Go to
              </Button>
              <SchemeToggle />
              <PersonMenu />
            </div>
          </div>
        </AppShell.Header>
        <AppShell.Navbar p={8}>
          <nav aria-label="Screens">
            {screensOf(session).map(({ path: to, label, icon: Sign }) => (
              <NavLink
                key={to}
                component={Link}
                to={to}
                label={label}
                leftSection={<Sign size={16} stroke={1.7} aria-hidden />}
                active={path.startsWith(to)}
                {...(path.startsWith(to) ? { 'aria-current': 'page' as const } : {})}
                color="slate"
                variant="subtle"
              />
            ))}
          </nav>
        </AppShell.Navbar>
        <AppShell.Main id="main">
          <SignedOutNotice />
          <Outlet />
        </AppShell.Main>
      </AppShell>
      <Commands />
      <KeyboardHelp />
    </UndoProvider>
  );
}

function SchemeToggle(): ReactNode {
  const { setColorScheme } = useMantineColorScheme();
  const dark = useComputedColorScheme('light') === 'dark';
  return (
    <ActionIcon
      aria-label={dark ? 'Light colours' : 'Dark colours'}
      onClick={() => setColorScheme(dark ? 'light' : 'dark')}
    >
      {dark ? <IconSun size={17} /> : <IconMoon size={17} />}
    </ActionIcon>
  );
}

function PersonMenu(): ReactNode {
  const { person, roles } = useSession();
  const signOut = useWrite('DELETE /api/session');
  return (
    <Menu position="bottom-end" width={240} transitionProps={{ duration: 0 }}>
      <Menu.Target>
        <Button
          variant="subtle"
          color="gray"
          leftSection={<IconUser size={15} />}
          aria-label={`${person.displayName}: menu`}
        >
          <span className="only-wide">{person.displayName}</span>
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label>
          {person.email}
          <br />
          {listWords(roles.map((role) => roleWords[role]))}
        </Menu.Label>
        <Menu.Item component={Link} to="/preferences">
          Preferences
        </Menu.Item>
        <Menu.Item
          leftSection={<IconLogout size={14} />}
          onClick={() => signOut.mutate({}, { onSuccess: () => window.location.assign('/') })}
        >
          Sign out
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}

const ASK_AGAIN_MS = 60_000;

/** A session that ended while somebody works must not take away what was typed. */
function SignedOutNotice(): ReactNode {
  const session = useQuery({
    queryKey: ['GET /api/session', {}],
    queryFn: ({ signal }) => call('GET /api/session', {}, { signal }),
    refetchInterval: ASK_AGAIN_MS,
    retry: false,
  });
  if (!isSignedOut(session.error)) return null;
  return (
    <div style={{ padding: '8px 16px 0' }}>
      <Notice tone="dueSoon">
        <strong>You are signed out.</strong> What you typed is still here.{' '}
        <a href="/sign-in" target="_blank" rel="noreferrer">
          Sign in in another tab
        </a>{' '}
        and go on.
      </Notice>
    </div>
  );
}
