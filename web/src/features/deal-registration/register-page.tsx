import { getRouteApi } from '@tanstack/react-router';
import { useState, type ReactNode } from 'react';
import { LoadingRows, Notice, ProblemNotice } from '../../components/notices.tsx';
import { Page } from '../../components/page.tsx';
import { useRead } from '../../lib/queries.ts';
import { emptyForm, fromDraft } from './form-values.ts';
import { RegistrationForm } from './registration-form.tsx';

const route = getRouteApi('/deal-registrations/new');

/** Register a deal: under two minutes, one page, saved by itself. */
export function RegisterPage(): ReactNode {
  const search = route.useSearch();
  // The first save puts the draft's id into the address; the form that is being typed into must not begin anew for it.
  const [draftId] = useState(search.draft);
  const programs = useRead('GET /api/programs', {});
  const draft = useRead(
    'GET /api/registration-drafts/:id',
    { params: { id: draftId ?? '' } },
    { enabled: draftId !== undefined },
  );
  const open = (programs.data?.items ?? []).filter(({ registration }) => registration !== null);
  const [first] = open;
  return (
    <Page title="Register a deal" narrow>
      <ProblemNotice
        error={programs.error ?? draft.error}
        onRetry={() => {
          void programs.refetch();
          if (draftId !== undefined) void draft.refetch();
        }}
      />
      {programs.data === undefined || (draftId !== undefined && draft.data === undefined) ? (
        <LoadingRows rows={10} height={32} />
      ) : first === undefined ? (
        <Notice tone="waiting">
          No program takes registrations from you at the moment. Your channel account manager can enrol you.
        </Notice>
      ) : (
        <RegistrationForm
          programs={open}
          draftId={draftId ?? null}
          initial={
            draft.data === undefined
              ? { ...emptyForm, programId: first.id, currency: first.currency }
              : fromDraft(draft.data.body, draft.data.programId)
          }
        />
      )}
    </Page>
  );
}
