-- Processes of the commune: phases by date that say what can be done with the ideas, proposals and votes of each. Why: which phase it is follows
-- from the clock, so only starts are kept; an object belongs to at most one process, found by its own id. Lock cost: new tables.

create table processes (
  object_id bigint primary key references objects on delete cascade,
  title text not null,
  themes text[] not null default '{}',
  -- The last phase ends then; earlier than planned when it was stopped, with the reason.
  ends_at timestamptz not null,
  stopped text,
  -- Position of the last phase that was announced; one more than there are phases: its end was.
  told integer not null default 0
);
create index processes_ends on processes (ends_at desc, object_id desc);

-- A phase ends where the next begins.
create table process_phases (
  process_id bigint not null references processes on delete cascade,
  position integer not null check (position > 0),
  kind text not null check (kind in ('presentation', 'diagnosis', 'proposals', 'prioritisation', 'evaluation', 'follow_up')),
  starts_at timestamptz not null,
  call text not null default '',
  allows text[] not null check (allows <@ array['ideas', 'proposals', 'amend', 'argue', 'back', 'vote', 'comment']),
  primary key (process_id, position),
  unique (process_id, starts_at)
);

-- What belongs to a process; the process itself too, so that its own conversation follows its phases.
create table process_items (
  object_id bigint primary key references objects on delete cascade,
  process_id bigint not null references processes on delete cascade
);
create index process_items_process on process_items (process_id, object_id desc);
