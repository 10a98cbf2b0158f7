import { Button, TextInput } from '@mantine/core';
import { useState, type ReactNode } from 'react';
import type { TaskDetail } from '../../../../api/contract/tasks.ts';
import { inWords } from '../../../../domain/words/en.ts';
import { DialogForm } from '../../components/dialog-form.tsx';
import { ProblemNotice } from '../../components/notices.tsx';
import { SearchPicker } from '../../components/search-picker.tsx';
import { useFoundColleagues } from '../../lib/colleagues.ts';
import { useWrite } from '../../lib/queries.ts';
import { useMay, useSession } from '../../lib/session.ts';

/** Holding a task, giving it back, and handing it on. */
export function TaskVerbs({ task }: { task: TaskDetail }): ReactNode {
  const may = useMay();
  const { person } = useSession();
  const [handing, setHanding] = useState(false);
  const claim = useWrite('POST /api/tasks/:id/claim', ['GET /api/tasks', 'GET /api/tasks/:id']);
  const release = useWrite('DELETE /api/tasks/:id/claim', ['GET /api/tasks', 'GET /api/tasks/:id']);
  const mine = task.claimedBy?.id === person.id;
  const params = { id: task.id };
  return (
    <>
      {may('task.decide') && task.mayDecide && (
        <Button
          variant="default"
          loading={claim.isPending || release.isPending}
          onClick={() => (mine ? release.mutate({ params }) : claim.mutate({ params, body: {} }))}
        >
          {mine ? 'Let go' : 'Hold for me'}
        </Button>
      )}
      {may('task.route') && (
        <Button variant="default" onClick={() => setHanding(true)}>
          Hand to…
        </Button>
      )}
      <ProblemNotice error={claim.error ?? release.error} />
      {handing && <HandOver task={task} onClose={() => setHanding(false)} />}
    </>
  );
}

function HandOver({ task, onClose }: { task: TaskDetail; onClose: () => void }): ReactNode {
  const [personId, setPersonId] = useState('');
  const [words, setWords] = useState('');
  const assign = useWrite('POST /api/tasks/:id/assignment', [
    'GET /api/tasks',
    'GET /api/tasks/:id',
    'GET /api/deal-registrations/:id/timeline',
  ]);
  return (
    <DialogForm
      title="Hand the task to somebody"
      onClose={onClose}
      onSubmit={() =>
        assign.mutate(
          { params: { id: task.id }, body: { personId: personId === '' ? null : personId, words } },
          { onSuccess: onClose },
        )
      }
      action="Hand over"
      busy={assign.isPending}
      ready={words.trim() !== ''}
      error={assign.error}
    >
      <SearchPicker
        label="To"
        placeholder="Type to find a colleague"
        value={personId}
        onChange={setPersonId}
        useFound={useFoundColleagues}
        first={{ value: '', label: `Back to its queue (${inWords(task.queue)})` }}
      />
      <TextInput
        label="Why"
        required
        value={words}
        onChange={({ currentTarget: { value } }) => setWords(value)}
      />
    </DialogForm>
  );
}
