import { Button, NativeSelect, TextInput } from '@mantine/core';
import { IconCheck, IconX } from '@tabler/icons-react';
import { Link, getRouteApi } from '@tanstack/react-router';
import { useCallback, useEffect, useState, type ReactNode } from 'react';
import { useForm, useWatch } from 'react-hook-form';
import type { RegistrationWritten } from '../../../../api/contract/deal-registrations.ts';
import type { Program } from '../../../../api/contract/directory.ts';
import { inWords, sentence, sourceWords, typeWords } from '../../../../domain/words/en.ts';
import { describeFinding } from '../../../../domain/words/findings.ts';
import { SavingWords } from '../../components/drafts.tsx';
import { Notice, ProblemNotice } from '../../components/notices.tsx';
import { Section } from '../../components/page.tsx';
import { ExactInstant } from '../../components/values.tsx';
import { useDraftSaving } from '../../lib/draft-saving.ts';
import { showErrors } from '../../lib/form-errors.ts';
import { useWrite } from '../../lib/queries.ts';
import { useReader } from '../../lib/session.ts';
import { fieldOf, toSubmission, type FormValues } from './form-values.ts';
import { OwnCheck } from './own-check.tsx';
import { SubmissionFields, type SubmissionForm } from './submission-fields.tsx';

const route = getRouteApi('/deal-registrations/new');

interface FormProps {
  readonly programs: readonly Program[];
  readonly draftId: string | null;
  readonly initial: FormValues;
}

export function RegistrationForm(props: FormProps): ReactNode {
  const navigate = route.useNavigate();
  const begun = useCallback(
    (id: string) => void navigate({ search: { draft: id }, replace: true }),
    [navigate],
  );
  // The id in the address appears with the first save; the form that made it goes on as it is.
  const [initialId] = useState(props.draftId);
  const form = useForm<FormValues>({ defaultValues: props.initial, mode: 'onTouched' });
  const draft = useDraftSaving<ReturnType<typeof toSubmission>>('registration-drafts', {
    initialId,
    onBegun: begun,
  });
  const submit = useWrite('POST /api/deal-registrations', [
    'GET /api/deal-registrations',
    'GET /api/registration-drafts',
  ]);
  const { keep, flush } = draft;
  useEffect(() => {
    const { unsubscribe } = form.watch((values) => keep(toSubmission(values as FormValues)));
    return unsubscribe;
  }, [form, keep]);
  const send = form.handleSubmit(async (values) => {
    const draftId = await flush();
    submit.mutate(
      { body: { ...toSubmission(values), draftId } },
      { onError: (error) => showErrors(form, error, fieldOf) },
    );
  });
  if (submit.data !== undefined) return <Received written={submit.data} />;
  return (
    <form onSubmit={(event) => void send(event)} noValidate>
      <ProgramSection form={form} programs={props.programs} />
      <Section title="2. Customer">
        <SubmissionFields form={form} names={['customer']} />
      </Section>
      <OpportunitySection form={form} programs={props.programs} />
      <Section title="4. What you did so far">
        <SubmissionFields
          form={form}

          names={['salesActivities', 'activitySummary', 'evidenceIds', 'customersChoice']}
        />
        <details style={{ marginTop: 10 }}>
          <summary className="quiet" style={{ cursor: 'pointer' }}>
            Competition, tender, discount
          </summary>
          <div style={{ marginTop: 8 }}>
            <SubmissionFields
              form={form}

              names={['competitors', 'incumbentReseller', 'rfp', 'distributor', 'requestedDiscountPpm']}
            />
            <div className="form-grid" style={{ marginTop: 10 }}>
              <TextInput label="Vendor representative" {...form.register('vendorRep')} />
            </div>
          </div>
        </details>
      </Section>
      <OwnCheck draftId={draft.draftId} saving={draft.saving} />
      <div className="stack">
        {form.formState.isSubmitted && !form.formState.isValid && (
          <Notice tone="dueSoon">Some fields above need a look; each says what is wanted.</Notice>
        )}
        <ProblemNotice error={submit.error} />
        <div className="row">
          <Button type="submit" size="sm" loading={submit.isPending}>
            Register the deal
          </Button>
          <SavingWords saving={draft.saving} />
        </div>
      </div>
    </form>
  );
}

function ProgramSection({
  form,
  programs,
}: {
  form: SubmissionForm;
  programs: readonly Program[];
}): ReactNode {
  const programId = useWatch({ control: form.control, name: 'programId' });
  const rules = programs.find(({ id }) => id === programId)?.registration;
  return (
    <Section title="1. Program">
      <div className="form-grid">
        <NativeSelect
          label="Program"
          {...form.register('programId', {
            onChange: (event: { target: { value: string } }) => {
              const chosen = programs.find(({ id }) => id === event.target.value);
              if (chosen !== undefined) form.setValue('currency', chosen.currency);
            },
          })}
          data={programs.map(({ id, name }) => ({ value: id, label: name }))}
        />
        <NativeSelect
          label="Type"
          {...form.register('type')}
          data={(rules?.allowedTypes ?? []).map((type) => ({ value: type, label: typeWords[type] }))}
        />
        <NativeSelect
          label="Source"
          {...form.register('source')}
          data={(rules?.allowedSources ?? []).map((source) => ({
            value: source,
            label: sourceWords[source],
          }))}
        />
      </div>
    </Section>
  );
}

function OpportunitySection(props: { form: SubmissionForm; programs: readonly Program[] }): ReactNode {
  const { form, programs } = props;
  const programId = useWatch({ control: form.control, name: 'programId' });
  return (
    <Section title="3. Opportunity">
      <SubmissionFields
        form={form}
        minimumMinor={programs.find(({ id }) => id === programId)?.registration?.minimumValueMinor ?? null}
        names={['opportunityName', 'value', 'expectedClose', 'stage', 'lines']}
      />
    </Section>
  );
}

/** Told at once: the reference, who looks at it, and by when there is an answer; or that it ended at once, and why. */
function Received({ written }: { written: RegistrationWritten }): ReactNode {
  const reader = useReader();
  const ended = written.status === 'rejected';
  return (
    <Section title={ended ? 'Received, and not accepted' : 'Received'}>
      <div className="stack">
        <div className="row" style={{ fontSize: 16 }}>
          {ended ? (
            <IconX size={18} color="var(--tone-breached-fg)" aria-hidden />
          ) : (
            <IconCheck size={18} color="var(--tone-good-fg)" aria-hidden />
          )}
          <strong className="numbers">{written.reference}</strong>
        </div>
        {written.ownCase !== null ? (
          <p style={{ margin: 0 }}>
            You registered this opportunity before:{' '}
            <Link to="/deal-registrations/$id" params={{ id: written.ownCase.id }}>
              {written.ownCase.reference}
            </Link>
            . That one counts.
          </p>
        ) : (
          <p style={{ margin: 0 }}>
            {written.queue === null
              ? ended
                ? 'It does not meet the conditions of the program, so nobody looks at it. Nothing keeps you from registering it again when it does.'
                : 'Nobody has to look at it.'
              : `${sentence(inWords(written.queue))} looks at it.`}{' '}
            {written.answerBy !== null && (
              <>
                You have an answer by <ExactInstant at={written.answerBy} />.
              </>
            )}
          </p>
        )}
        {written.findings.length > 0 && (
          <ul className="sentences">
            {written.findings.map((finding) => (
              <li key={`${finding.code} ${JSON.stringify(finding.facts)}`}>
                {describeFinding(finding, reader)}
              </li>
            ))}
          </ul>
        )}
        <div className="row">
          <Button component={Link} to={`/deal-registrations/${written.id}`}>
            Open the registration
          </Button>
          <Button variant="default" component="a" href="/deal-registrations/new">
            Register another
          </Button>
        </div>
      </div>
    </Section>
  );
}
