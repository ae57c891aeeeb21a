-- Agendas of elsewhere that a group or the commune announces here, what was found in them, and events that several announce. Why: one
-- agenda instead of five half-empty ones. Lock cost: new tables only.

create table agenda_sources (
  id bigint primary key,
  owner_id bigint not null references actors on delete cascade,  -- in whose name it is announced
  added_by bigint references actors on delete set null,          -- who answers for it
  url text not null,
  kind text not null check (kind in ('calendar', 'feed')),
  name text not null default '',
  state text not null default 'active' check (state in ('active', 'paused')),
  edition jsonb,                                       -- {etag, modified} of the last reading
  problem text,                                        -- code of the error of the last reading; null: it went well
  failures smallint not null default 0,
  waiting integer not null default 0,                  -- found and not announced yet
  read_at timestamptz,
  created_at timestamptz not null,
  unique (owner_id, url)
);

create table agenda_imports (
  source_id bigint not null references agenda_sources on delete cascade,
  uid text not null,
  occurrence text not null,                            -- '' for an event that stands alone
  -- Null: it was deleted here, and does not come back.
  object_id bigint references objects on delete set null,
  announced boolean not null,                          -- false: somebody else had announced it, and this source stands beside
  digest text not null,                                -- of what was found: the source changes an event, or does not
  url text,
  starts_at timestamptz not null,
  seen_at timestamptz not null,
  primary key (source_id, uid, occurrence)
);
create index agenda_imports_object on agenda_imports (object_id) where object_id is not null;

-- The same event announced twice: shown once, with everybody who announces it.
create table event_twins (
  object_id bigint primary key references objects on delete cascade,
  canonical_id bigint not null references objects on delete cascade,
  check (object_id <> canonical_id)
);
create index event_twins_canonical on event_twins (canonical_id);
