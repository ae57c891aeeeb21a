-- Votes: the rules of each, who has voted, and what was voted. Why: the rules of a vote stand from the first day on, and a secret ballot must
-- have nothing in common with its voter, so both are held by the database and not by the program alone. Lock cost: new tables only.

create table votes (
  object_id bigint primary key references objects on delete cascade,
  -- The idea or proposal it is about; null: a question of its own.
  subject_id bigint references objects on delete set null,
  organiser_id bigint not null references actors on delete cascade,
  method text not null check (method in ('yes_no', 'consent', 'single', 'multiple', 'approval', 'score', 'dots', 'instant_runoff', 'borda', 'schulze', 'dates')),
  options jsonb not null check (jsonb_typeof(options) = 'array'),    -- [{name, meaning}]
  most integer check (most > 0),
  fewest integer check (fewest > 0),
  max_score integer check (max_score between 1 and 20),
  dots integer check (dots between 1 and 100),
  electorate text not null check (electorate in ('members', 'residents', 'verified_residents', 'role', 'list', 'accounts')),
  roles text[] not null default '{}',                                -- of members, for electorate 'role'
  share text check (share in ('half', 'three_fifths', 'two_thirds', 'three_quarters', 'nine_tenths')),
  base text not null check (base in ('expressed', 'ballots', 'electorate')),
  quorum integer check (quorum between 1 and 100),
  secret boolean not null,
  reason text not null check (reason in ('none', 'optional', 'required')),
  results text not null check (results in ('always', 'after_voting', 'after_closing')),
  changeable boolean not null,
  -- Answers of everybody else, the fediverse included, counted apart.
  open_to_all boolean not null,
  opens_at timestamptz not null,
  closes_at timestamptz not null,
  -- Slips of paper are entered until then; with none, when it closes.
  counts_at timestamptz not null,
  reminds_at timestamptz,
  closed_at timestamptz,
  -- Set at closing, once: figures, decision, and for a secret vote the ballots by the hash of their receipt.
  result jsonb,
  -- The exact text that was signed, and the signature of the organiser's key.
  proof jsonb,
  outcome text,
  outcome_by bigint references actors on delete set null,
  outcome_at timestamptz,
  review_on date,
  created_at timestamptz not null,
  check (closes_at > opens_at and counts_at >= closes_at),
  -- Running totals would tell a secret vote by vote, and a reason betrays its writer.
  check (not secret or (results = 'after_closing' and reason = 'none' and not open_to_all)),
  check ((closed_at is null) = (result is null))
);
create index votes_open on votes (closes_at, object_id) where closed_at is null;
create index votes_decided on votes (closed_at desc, object_id desc) where closed_at is not null;
create index votes_subject on votes (subject_id, object_id) where subject_id is not null;
create index votes_organiser on votes (organiser_id, object_id);
create index votes_review on votes (review_on) where review_on is not null;
comment on column votes.results is 'Never relaxed: a trigger refuses any change of the rules';

-- The rules under which the first person voted are those under which the last one did, and a result is a result.
create function votes_stand() returns trigger language plpgsql as $$
begin
  if (to_jsonb(new) - '{subject_id,reminds_at,closed_at,result,proof,outcome,outcome_by,outcome_at,review_on}'::text[])
    <> (to_jsonb(old) - '{subject_id,reminds_at,closed_at,result,proof,outcome,outcome_by,outcome_at,review_on}'::text[]) then
    raise exception 'the rules of a vote do not change';
  end if;
  if old.closed_at is not null and (new.closed_at is distinct from old.closed_at or new.result is distinct from old.result
    or new.proof is distinct from old.proof) then
    raise exception 'the result of a vote does not change';
  end if;
  return new;
end $$;
create trigger votes_stand before update on votes for each row execute function votes_stand();

-- Named electors.
create table vote_electors (
  vote_id bigint not null references votes on delete cascade,
  actor_id bigint not null references actors on delete cascade,
  primary key (vote_id, actor_id)
);

-- That somebody has voted: one row a person, whatever the vote. No date: it would put voters in the order of ballots.
create table vote_voters (
  vote_id bigint not null references votes on delete cascade,
  actor_id bigint not null references actors on delete cascade,
  -- elector: by the electorate of the vote. public: everybody else, never added to the former.
  class text not null check (class in ('elector', 'public')),
  primary key (vote_id, actor_id)
);
create index vote_voters_actor on vote_voters (actor_id, vote_id);
comment on table vote_voters is 'That somebody has voted. Of a secret vote nothing anywhere says what';

-- What somebody voted, of votes that are not secret.
create table vote_ballots (
  vote_id bigint not null,
  actor_id bigint not null,
  marks jsonb not null,
  reason text not null default '',
  cast_at timestamptz not null,
  primary key (vote_id, actor_id),
  foreign key (vote_id, actor_id) references vote_voters (vote_id, actor_id) on delete cascade
);

-- Secret ballots: all of a vote in one sealed value. It names no voter, holds no date, and is sorted by hashes of random codes. One row
-- written anew with each ballot has no order and no age of rows that could be laid beside those of vote_voters.
create table vote_urns (
  vote_id bigint primary key references votes on delete cascade,
  sealed bytea not null
);
comment on table vote_urns is 'Secret ballots, sealed with the key of the instance; has no key in common with voters';

-- Ballots on paper: entered by one person, confirmed by another. Nobody''s name stands on them.
create table vote_papers (
  vote_id bigint not null references votes on delete cascade,
  slip integer not null check (slip between 1 and 100000),
  marks jsonb not null,
  entered_by bigint references actors on delete set null,
  entered_at timestamptz not null,
  confirmed_by bigint references actors on delete set null,
  confirmed_at timestamptz,
  primary key (vote_id, slip),
  check (confirmed_by is null or entered_by is null or confirmed_by <> entered_by)
);

-- The door shuts once, whichever program holds it.
create function vote_is_open() returns trigger language plpgsql as $$
declare
  shut timestamptz;
  hidden boolean;
begin
  select closed_at, secret into shut, hidden from votes where object_id = new.vote_id;
  if shut is not null then
    raise exception 'the vote is closed';
  end if;
  if tg_table_name = 'vote_ballots' and hidden then
    raise exception 'a secret ballot has no name';
  end if;
  return new;
end $$;
create trigger vote_ballots_open before insert or update on vote_ballots for each row execute function vote_is_open();
create trigger vote_urns_open before update on vote_urns for each row execute function vote_is_open();
create trigger vote_papers_open before insert or update of marks, confirmed_at on vote_papers for each row execute function vote_is_open();
