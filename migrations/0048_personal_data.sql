-- What people take along and bring: archives made in the background, and lists of follows, blocks and mutes from elsewhere.
-- Why: both take minutes and must survive crashes. Lock cost: none, the tables are new.

create table exports (
  id bigint primary key,
  account_id bigint not null references accounts on delete cascade,
  state text not null default 'waiting' check (state in ('waiting', 'ready', 'failed')),
  done integer not null default 0,                     -- posts and files written so far
  total integer not null default 0,
  size_bytes bigint,
  created_at timestamptz not null default now(),
  expires_at timestamptz not null                      -- the file goes with the row
);
create index exports_account on exports (account_id, id desc);
create index exports_expired on exports (expires_at);

create table imports (
  id bigint primary key,
  account_id bigint not null references accounts on delete cascade,
  kind text not null check (kind in ('follows', 'blocks', 'mutes')),
  handles text[] not null,                             -- user@host; emptied at the end
  total integer not null,
  done integer not null default 0,                     -- looked at, whatever became of them
  failed integer not null default 0,
  created_at timestamptz not null default now(),
  finished_at timestamptz
);
create index imports_account on imports (account_id, id desc);
