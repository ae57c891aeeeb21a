-- Posts to be published later: what was typed, and when. A chore publishes them. Why: apps offer it. Lock cost: a new table.

create table scheduled_statuses (
  id bigint primary key,
  actor_id bigint not null references actors on delete cascade,
  scheduled_at timestamptz not null,
  input jsonb not null,                                -- NoteInput of features/wall/create-note.ts
  media_ids bigint[] not null default '{}',
  created_at timestamptz not null default now()
);
create index scheduled_statuses_actor on scheduled_statuses (actor_id, id desc);
-- Uploads that wait for their post are no orphans.
create index scheduled_statuses_media on scheduled_statuses using gin (media_ids);

-- Whom a person does not want to be suggested.
create table dismissed_suggestions (
  actor_id bigint not null references actors on delete cascade,
  target_id bigint not null references actors on delete cascade,
  primary key (actor_id, target_id)
);
create index dismissed_suggestions_target on dismissed_suggestions (target_id);

-- The directory, by last word and by arrival.
create index actors_local_active on actors (last_status_at desc nulls last, id desc) where local;
create index actors_active on actors (last_status_at desc nulls last, id desc) where discoverable;
