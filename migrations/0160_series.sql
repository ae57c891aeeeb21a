-- Events that come again: a rule, what each date says, and how far dates have been announced. Why: an association enters its weekly market
-- once. Every date is an ordinary event; the series is what announces the next one. Lock cost: none that matters (new table, a nullable
-- column without default, an index on rows that have it).

create table event_series (
  id bigint primary key,
  publisher_id bigint not null references actors on delete cascade,
  author_id bigint not null references actors on delete cascade,
  rule text not null,                                  -- value of an RRULE (RFC 5545 §3.3.10), upper case, UNTIL in UTC
  starts text not null,                                -- first date on the clock of the place: YYYY-MM-DDTHH:MM
  timezone text not null,                              -- IANA name: ten o'clock stays ten o'clock when clocks change
  minutes integer check (minutes > 0),                 -- how long each lasts; null: nobody said
  except_dates text[] not null default '{}',           -- dates left out: YYYY-MM-DD
  template jsonb not null,                             -- what each date says, in the words of the form, without its moments
  announced_through timestamptz not null,              -- no date up to here is announced (again)
  ended_at timestamptz,                                -- no more dates: stopped, or the rule has come to its end
  created_at timestamptz not null
);
create index event_series_publisher on event_series (publisher_id) where ended_at is null;
create index event_series_author on event_series (author_id);

alter table events add column series_id bigint references event_series on delete set null;
-- The moment the rule gave, whatever became of it since (RECURRENCE-ID).
alter table events add column series_at timestamptz;
create unique index events_series on events (series_id, series_at) where series_id is not null;

-- Names nearly right: local accounts are few and change rarely, so that a list of what is still to be indexed only makes searching dear.
alter index actors_alike set (fastupdate = off);
