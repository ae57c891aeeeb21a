-- Discussion in groups (FEP-1b12): which hosts take whole activities, what waits for moderators, who is banned, what was removed or locked.
-- Why: a group announces in two forms and judges what is said in it. Lock cost: one column with a constant default, no rewrite.

alter table hosts add column relays_activities boolean not null default false;   -- once sent us an Announce of an activity

-- Erasure follows deletions into what groups passed on.
create index objects_erased_elsewhere on objects (deleted_at) where not local and group_id is not null and deleted_at is not null;

-- Said to a group by someone who has no voice there: kept until a moderator decides. `visibility` is what it becomes then.
create table group_holds (
  group_id bigint not null references actors on delete cascade,
  object_id bigint not null references objects on delete cascade,
  visibility text not null,
  activity text,                                       -- exact bytes of the Create, to be announced unmodified
  created_at timestamptz not null default now(),
  primary key (group_id, object_id)
);
create index group_holds_object on group_holds (object_id);

create table group_bans (
  group_id bigint not null references actors on delete cascade,
  actor_id bigint not null references actors on delete cascade,
  iri text,                                            -- id of the Block that said it
  by_id bigint references actors on delete set null,
  reason text not null default '',
  until timestamptz,                                   -- null: for good
  created_at timestamptz not null default now(),
  primary key (group_id, actor_id)
);
create index group_bans_actor on group_bans (actor_id);

-- Taken out of a group by its moderators. The author's post itself stays the author's.
create table group_removals (
  object_id bigint primary key references objects on delete cascade,
  group_id bigint not null references actors on delete cascade,
  iri text,                                            -- id of the Delete that said it
  by_id bigint references actors on delete set null,
  reason text not null default '',
  created_at timestamptz not null default now()
);
create index group_removals_group on group_removals (group_id, object_id desc);

-- Threads nobody but moderators may answer in.
create table group_locks (
  object_id bigint primary key references objects on delete cascade,
  group_id bigint not null references actors on delete cascade,
  iri text,                                            -- id of the Lock that said it
  by_id bigint references actors on delete set null,
  reason text not null default '',
  created_at timestamptz not null default now()
);
