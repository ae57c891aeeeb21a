-- Mails that wait, left or failed, and the one-time links they carry; when an address was confirmed. Why: a mail is committed with what
-- causes it and survives crashes and outages of the mail server; without one, administrators hand the link out themselves.
-- Lock cost: two new tables; the new column's default is computed once, so no rewrite.

create table mails (
  id bigint primary key,
  account_id bigint references accounts on delete set null,
  recipient text not null,
  kind text not null,                                  -- which words: mail.<kind>.* of the locales
  locale text not null,
  sealed bytea,                                        -- values of the words as JSON, sealed: links are secrets. Null once it left or was given up
  state text not null default 'waiting' check (state in ('waiting', 'sent', 'failed')),
  attempts smallint not null default 0,
  last_error text,
  created_at timestamptz not null default now(),
  expires_at timestamptz not null,                     -- not worth sending any more
  finished_at timestamptz
);
create index mails_state on mails (state, id);
create index mails_recipient on mails (recipient, created_at);
create index mails_finished on mails (finished_at) where finished_at is not null;
create index mails_account on mails (account_id) where account_id is not null;

create table one_time_links (
  token_hash bytea primary key,
  purpose text not null check (purpose in ('confirm', 'reset', 'change-email')),
  account_id bigint not null references accounts on delete cascade,
  email text not null,                                 -- the mailbox the link proves
  created_at timestamptz not null default now(),
  expires_at timestamptz not null
);
create index one_time_links_account on one_time_links (account_id, purpose);
create index one_time_links_expired on one_time_links (expires_at);

-- Null: nobody proved yet that they read mail at this address. Accounts made before, or by operators, count as confirmed.
alter table accounts add column confirmed_at timestamptz default now();
