-- Who opens a task sees how the same question was answered last: found in the order in which it was answered, however many there are.
create index task_decided on task (kind, program_id, closed_at desc) where status = 'decided';
