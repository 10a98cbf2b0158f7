import { useMantineColorScheme } from '@mantine/core';
import { Spotlight, type SpotlightActionData } from '@mantine/spotlight';
import { IconArrowRight, IconBolt, IconPlus } from '@tabler/icons-react';
import { useRouter } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { registrationStatuses } from '../../../domain/deal-registration/status.ts';
import { statusWords } from '../../../domain/words/en.ts';
import { useMay, useSession } from '../lib/session.ts';
import { screensOf } from './navigation.ts';

/** ⌘K: every page, and every verb that stands on the page in view. */
export function Commands(): ReactNode {
  const session = useSession();
  const may = useMay();
  const router = useRouter();
  const { setColorScheme } = useMantineColorScheme();
  const actions: SpotlightActionData[] = [
    ...screensOf(session).map(({ path, label, about, icon: Sign }) => ({
      id: path,
      label,
      description: about,
      leftSection: <Sign size={16} />,
      onClick: () => void router.navigate({ to: path }),
    })),
    ...(may('registration.submit')
      ? [
          {
            id: 'register',
            label: 'Register a deal',
            leftSection: <IconPlus size={16} />,
            onClick: () => void router.navigate({ to: '/deal-registrations/new' }),
          },
        ]
      : []),
    ...(may('special_price.request')
      ? [
          {
            id: 'ask price',
            label: 'Ask for a special price',
            leftSection: <IconPlus size={16} />,
            onClick: () => void router.navigate({ to: '/special-prices/new' }),
          },
        ]
      : []),
    ...(session.side === 'vendor'
      ? registrationStatuses.map((status) => ({
          id: `status ${status}`,
          label: `Registrations: ${statusWords[status].toLowerCase()}`,
          leftSection: <IconArrowRight size={16} />,
          onClick: () => void router.navigate({ to: '/deal-registrations', search: { status } }),
        }))
      : []),
    { id: 'dark', label: 'Dark colours', onClick: () => setColorScheme('dark') },
    { id: 'light', label: 'Light colours', onClick: () => setColorScheme('light') },
    { id: 'system', label: "The system's colours", onClick: () => setColorScheme('auto') },
  ];
  return (
    <Spotlight
      actions={[...verbsInView(), ...actions]}
      shortcut={['mod + K']}
      nothingFound="Nothing of that name"
      highlightQuery
      limit={12}
      attributes={{ content: { 'aria-label': 'Go to a page or do something' } }}
      searchProps={{
        placeholder: 'Go to a page or do something',
        'aria-label': 'Go to a page or do something',
      }}
      transitionProps={{ duration: 0 }}
    />
  );
}

/** The buttons of the page in view are its verbs: pressing one here is pressing it there. */
function verbsInView(): SpotlightActionData[] {
  const buttons = document.querySelectorAll<HTMLButtonElement>(
    '#main .verbs button:not([aria-disabled="true"])',
  );
  return [...buttons].map((button, index) => ({
    id: `verb ${index}`,
    label: (button.querySelector('.mantine-Button-label')?.textContent ?? button.textContent).trim(),
    description: 'On this page',
    leftSection: <IconBolt size={16} />,
    // After the dialog has closed and given the focus back.
    onClick: () => setTimeout(() => button.click(), 0),
  }));
}
