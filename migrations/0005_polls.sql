-- Votes in polls, ours and those of elsewhere that people here voted in. Why: a vote is counted once per person and option, whoever
-- repeats it; the totals shown stand in objects.poll. Lock cost: none, the table is new.

create table poll_votes (
  object_id bigint not null references objects on delete cascade,
  voter_id bigint not null references actors on delete cascade,
  option smallint not null,                            -- place in the list of options, from 0
  single boolean not null,                             -- the poll allows one option only
  created_at timestamptz not null default now(),
  primary key (object_id, voter_id, option)
);
create unique index poll_votes_once on poll_votes (object_id, voter_id) where single;
create index poll_votes_voter on poll_votes (voter_id);
