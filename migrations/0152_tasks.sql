-- Tasks: what has to be done after a decision, who does it, until when, and where it stands. Why: an adopted text is kept when somebody
-- carries each part of it. Lock cost: new tables, a trigger-free foreign key on objects.
create table tasks (
  object_id bigint primary key references objects on delete cascade,
  title text not null,
  -- The proposal or idea it comes from; it may go, the task stays.
  subject_id bigint references objects on delete set null,
  state text not null default 'todo' check (state in ('todo', 'doing', 'blocked', 'done', 'cancelled')),
  due_on date,
  done_at timestamptz,
  -- The due date people were last reminded of: once before it, once when it has gone by.
  soon_told date,
  late_told date,
  check ((state = 'done') = (done_at is not null))
);
create index tasks_subject on tasks (subject_id, object_id) where subject_id is not null;
create index tasks_due on tasks (due_on, object_id) where due_on is not null and state in ('todo', 'doing', 'blocked');
comment on table tasks is 'What an object of kind task has beside every object. Late is derived: due_on has gone by and it is open';

create table task_people (
  object_id bigint not null references tasks on delete cascade,
  actor_id bigint not null references actors on delete cascade,
  -- Who gave it to them; null: they took it themselves.
  given_by bigint references actors on delete set null,
  since timestamptz not null,
  primary key (object_id, actor_id)
);
create index task_people_actor on task_people (actor_id, object_id desc);
create index task_people_given_by on task_people (given_by) where given_by is not null;
