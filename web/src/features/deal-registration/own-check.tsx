import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { lookUp, statusWords } from '../../../../domain/words/en.ts';
import { describeFinding } from '../../../../domain/words/findings.ts';
import { Notice } from '../../components/notices.tsx';
import { call } from '../../lib/api.ts';
import type { Saving } from '../../lib/draft-saving.ts';
import { useReader } from '../../lib/session.ts';

/** What would stand against it, and the partner's own cases of the same customer: after each save, without scolding. */
export function OwnCheck({ draftId, saving }: { draftId: string | null; saving: Saving }): ReactNode {
  const reader = useReader();
  const check = useQuery({
    queryKey: ['check', draftId],
    queryFn: ({ signal }) =>
      call(
        'POST /api/registration-drafts/:id/check',
        { params: { id: draftId ?? '' }, body: {} },
        { signal },
      ),
    // Each save makes it stale; while saving it would ask about the version before.
    enabled: draftId !== null && saving === 'saved',
    staleTime: 0,
  });
  if (check.data === undefined) return null;
  const { ownCases, findings } = check.data;
  if (ownCases.length === 0 && findings.length === 0) return null;
  return (
    <div className="stack" style={{ marginBottom: 12 }}>
      {ownCases.map((one) => (
        <Notice key={one.id} tone="waiting">
          You have a registration for {one.customerName} already:{' '}
          <Link to="/deal-registrations/$id" params={{ id: one.id }}>
            {one.reference}
          </Link>
          , {(lookUp(statusWords, one.status) ?? one.status).toLowerCase()}.
        </Notice>
      ))}
      {findings.length > 0 && (
        <Notice tone="waiting">
          So far this stands against it:
          <ul className="sentences">
            {findings.map((finding) => (
              <li key={`${finding.code} ${JSON.stringify(finding.facts)}`}>
                {describeFinding(finding, reader)}
              </li>
            ))}
          </ul>
        </Notice>
      )}
    </div>
  );
}
