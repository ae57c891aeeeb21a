-- One question in several communes: each votes at home, counts and signs. Why: what another commune counted stands beside our own figures and is
-- never added to them, so it has rows of its own. Lock cost: votes gets a column without a default, the rest is new.

-- The vote of another commune that this one carries at home; stands like the rules.
alter table votes add column carries_iri text;

-- Communes asked to carry a vote held here, and what they counted.
create table vote_communes (
  vote_id bigint not null references votes on delete cascade,
  actor_id bigint not null references actors on delete cascade,
  state text not null default 'asked' check (state in ('asked', 'carried', 'declined')),
  -- Of the Invite.
  invite_iri text not null unique,
  asked_at timestamptz not null,
  answered_at timestamptz,
  -- Their own vote about it.
  vote_iri text,
  -- {electorate, voted, paper, blank, figures, outcome, options} out of the text they signed.
  result jsonb,
  proof jsonb,
  -- Why their count is not shown: gone, another question, not signed by them.
  problem text check (problem in ('gone', 'other', 'signature')),
  primary key (vote_id, actor_id),
  check ((result is null) = (proof is null)),
  check (state = 'carried' or vote_iri is null)
);
create index vote_communes_actor on vote_communes (actor_id);

-- What other communes ask of a commune here.
create table vote_requests (
  id bigint primary key,
  iri text not null unique,
  -- The vote elsewhere.
  object_id bigint not null references objects on delete cascade,
  commune_id bigint not null references actors on delete cascade,
  state text not null default 'asked' check (state in ('asked', 'carried', 'declined')),
  -- The vote opened here for it.
  vote_id bigint references votes on delete set null,
  created_at timestamptz not null,
  answered_at timestamptz,
  unique (object_id, commune_id)
);
create index vote_requests_waiting on vote_requests (commune_id, id desc) where state = 'asked';
create index vote_requests_commune on vote_requests (commune_id);
create index vote_requests_vote on vote_requests (vote_id) where vote_id is not null;
