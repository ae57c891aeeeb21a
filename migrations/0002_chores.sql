-- Chores: what has to be done at a date (close a vote, ask for an outbox, look for missing ancestors). Why: one table that survives
-- crashes and outages instead of timers; BullMQ only wakes. Lock cost: none, the table is new.

create table chores (
  kind text not null,                                  -- who does it: a line of jobs/chores.ts
  subject text not null,                               -- what it is about: an id or an IRI, read by that kind alone
  due_at timestamptz not null,
  attempts smallint not null default 0,                -- failures in a row
  lease_until timestamptz,
  last_error text,
  created_at timestamptz not null default now(),
  primary key (kind, subject)                          -- asked for twice, done once
);
create index chores_due on chores (due_at);
