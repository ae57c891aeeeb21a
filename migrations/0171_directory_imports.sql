-- Imports of the directory: what was read from a file and how far it is. Why: each card is an actor with a key of its own, so a file takes
-- minutes and must survive a restart. Lock cost: a new table only.
create table directory_imports (
  id bigint primary key,
  author_id bigint not null references actors on delete cascade,
  -- Where the cards come from, in words people read: "Journal officiel (RNA), 2026".
  source text not null,
  -- [{line, key, name, kind, description, card}], emptied at the end.
  records jsonb not null check (jsonb_typeof(records) = 'array'),
  total integer not null,
  done integer not null default 0,
  made integer not null default 0,
  changed integer not null default 0,
  -- There already, and somebody answers for it: left alone.
  kept integer not null default 0,
  -- [{line, code, field}]
  failed jsonb not null default '[]',
  created_at timestamptz not null,
  ended_at timestamptz
);
create index directory_imports_author on directory_imports (author_id);
