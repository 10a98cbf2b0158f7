import { Button, Checkbox, NativeSelect, TextInput } from '@mantine/core';
import { useState, type ReactNode } from 'react';
import type { Preferences } from '../../../../api/contract/session.ts';
import { LoadingRows, Notice, ProblemNotice } from '../../components/notices.tsx';
import { Page, Section } from '../../components/page.tsx';
import { ExactInstant, Instant } from '../../components/values.tsx';
import { useRead, useWrite } from '../../lib/queries.ts';
import { useMay } from '../../lib/session.ts';
import { Absences } from './absences.tsx';

/** Which mails, in which zone; who stands in; and where this person is signed in. */
export function PreferencesPage(): ReactNode {
  const may = useMay();
  const read = useRead('GET /api/preferences', {});
  return (
    <Page title="Preferences" narrow>
      <ProblemNotice error={read.error} onRetry={() => void read.refetch()} />
      {read.isPending && <LoadingRows rows={6} />}
      {read.data !== undefined && <PreferencesForm initial={read.data} />}
      {may('absence.enter') && <Absences />}
      <Sessions />
    </Page>
  );
}

const digests = ['off', 'daily', 'weekly'] as const;

function PreferencesForm({ initial }: { initial: Preferences }): ReactNode {
  const [value, setValue] = useState(initial);
  const save = useWrite('PUT /api/preferences', ['GET /api/session']);
  const mail = (part: Partial<Preferences['mail']>): void =>
    setValue({ ...value, mail: { ...value.mail, ...part } });
  const zones = Intl.supportedValuesOf('timeZone');
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        save.mutate({ body: value });
      }}
    >
      <Section title="Mails">
        <div className="stack">
          <Checkbox
            label="When a registration of mine was received"
            checked={value.mail.received}
            onChange={(event) => mail({ received: event.currentTarget.checked })}
          />
          <Checkbox
            label="Each task when it comes to me"
            checked={value.mail.tasks}
            onChange={(event) => mail({ tasks: event.currentTarget.checked })}
          />
          <Checkbox
            label="Reminders before something ends"
            checked={value.mail.reminders}
            onChange={(event) => mail({ reminders: event.currentTarget.checked })}
          />
          <NativeSelect
            label="A digest of what waits for me"
            w={220}
            value={value.mail.digest}
            onChange={(event) =>
              mail({ digest: digests.find((one) => one === event.currentTarget.value) ?? 'off' })
            }
            data={[
              { value: 'off', label: 'Never' },
              { value: 'daily', label: 'Every day' },
              { value: 'weekly', label: 'Every week' },
            ]}
          />
          <span className="quiet">Decisions about your own cases are always sent.</span>
        </div>
      </Section>
      <Section title="Dates and numbers">
        <div className="form-grid">
          <TextInput
            label="Time zone"
            list="time-zones"
            value={value.timeZone}
            onChange={(event) => setValue({ ...value, timeZone: event.currentTarget.value })}
          />
          <datalist id="time-zones">
            {zones.map((zone) => (
              <option key={zone} value={zone}>
                {zone}
              </option>
            ))}
          </datalist>
          <NativeSelect
            label="Format"
            value={value.locale}
            onChange={(event) => setValue({ ...value, locale: event.currentTarget.value })}
            data={[
              ...(formats.some((format) => format.value === value.locale)
                ? []
                : [{ value: value.locale, label: value.locale }]),
              ...formats,
            ]}
          />
        </div>
      </Section>
      <div className="stack" style={{ marginBottom: 16 }}>
        <ProblemNotice error={save.error} />
        {save.isSuccess && <Notice tone="good">Saved.</Notice>}
        <div>
          <Button type="submit" loading={save.isPending}>
            Save
          </Button>
        </div>
      </div>
    </form>
  );
}

const formats = [
  { value: 'en-GB', label: '3 Mar 2026, €48,000.00' },
  { value: 'en-US', label: 'Mar 3, 2026, €48,000.00' },
  { value: 'en-DE', label: '3 Mar 2026, 48.000,00 €' },
  { value: 'en-IN', label: '3 Mar 2026, €48,000.00 (lakh)' },
];

function Sessions(): ReactNode {
  const sessions = useRead('GET /api/sessions', {});
  const end = useWrite('DELETE /api/sessions/:id', ['GET /api/sessions']);
  return (
    <Section title="Where you are signed in">
      <ProblemNotice error={sessions.error ?? end.error} />
      <ul className="cards" style={{ margin: '-4px 0' }}>
        {(sessions.data?.items ?? []).map((one) => (
          <li key={one.id} className="between" style={{ padding: '6px 0', fontSize: 13 }}>
            <span>
              Since <ExactInstant at={one.createdAt} />{' '}
              <span className="quiet">
                last seen <Instant at={one.lastSeenAt} />
              </span>
            </span>
            {one.current ? (
              <span className="quiet">here</span>
            ) : (
              <Button variant="default" onClick={() => end.mutate({ params: { id: one.id } })}>
                End
              </Button>
            )}
          </li>
        ))}
      </ul>
    </Section>
  );
}
