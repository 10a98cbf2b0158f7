import { Button } from '@mantine/core';
import { IconTrash } from '@tabler/icons-react';
import { Link, type LinkProps } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import type { DraftRoutes, Saving } from '../lib/draft-saving.ts';
import { useRead, useWrite } from '../lib/queries.ts';
import { ProblemNotice } from './notices.tsx';
import { Section } from './page.tsx';
import { Instant } from './values.tsx';

/** How far a form has saved itself. */
export function SavingWords({ saving }: { saving: Saving }): ReactNode {
  const words: Readonly<Record<Saving, string>> = {
    nothing: 'Saved by itself as you type.',
    saving: 'Saving…',
    saved: 'Saved as a draft.',
    failed: 'Not saved yet; it is tried again. What you typed is still here.',
  };
  return (
    <span className="quiet" role="status">
      {words[saving]}
    </span>
  );
}

/** Forms that were begun and not yet sent; nothing where there are none. */
export function Drafts(props: {
  routes: DraftRoutes;
  titleOf: (body: Record<string, unknown>) => string;
  linkTo: (draftId: string) => Pick<LinkProps, 'to' | 'search'>;
}): ReactNode {
  const { routes, titleOf, linkTo } = props;
  const drafts = useRead(`GET /api/${routes}`, {});
  const discard = useWrite(`DELETE /api/${routes}/:id`, [`GET /api/${routes}`]);
  const items = drafts.data?.items ?? [];
  if (items.length === 0) return null;
  return (
    <Section title="Drafts">
      <ProblemNotice error={discard.error} />
      <ul className="cards" style={{ margin: '-4px 0' }}>
        {items.map((draft) => (
          <li key={draft.id} className="between" style={{ padding: '4px 0' }}>
            <Link {...linkTo(draft.id)}>{titleOf(draft.body)}</Link>
            <span className="row">
              <span className="quiet">
                saved <Instant at={draft.updatedAt} />
              </span>
              <Button
                variant="subtle"
                color="gray"
                aria-label={`Throw away the draft ${titleOf(draft.body)}`}
                onClick={() => discard.mutate({ params: { id: draft.id } })}
              >
                <IconTrash size={14} aria-hidden />
              </Button>
            </span>
          </li>
        ))}
      </ul>
    </Section>
  );
}
