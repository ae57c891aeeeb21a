-- Proposals: a text that people amend paragraph by paragraph, its versions and authors, what speaks for and against it, and what became of it.
-- Why: an amendment is about one paragraph of one version, so paragraphs have keys that stay from version to version. Lock cost: new tables.

create table proposals (
  object_id bigint primary key references objects on delete cascade,
  -- objects.name, and the number of the version that holds.
  title text not null,
  version integer not null check (version > 0),
  -- The next paragraph of this proposal gets this key: no key is ever given twice.
  next_key integer not null check (next_key > 0),
  themes text[] not null default '{}',
  state text not null default 'open' check (state in ('open', 'voting', 'adopted', 'refused', 'withdrawn', 'done')),
  amendable_by text not null default 'everyone' check (amendable_by in ('everyone', 'members')),
  -- The idea it was made of.
  idea_id bigint references objects on delete set null,
  -- The vote that decides about it, now or before.
  vote_id bigint references votes on delete set null,
  answer text not null default 'none' check (answer in ('none', 'examining', 'accepted', 'partly', 'refused')),
  answer_text text not null default '',
  answer_cost text not null default '',
  answer_period text not null default '',
  answered_at timestamptz,
  answered_by bigint references actors on delete set null,
  progress smallint not null default 0 check (progress between 0 and 100),
  -- [{text, due, done}] with dates as YYYY-MM-DD.
  commitments jsonb not null default '[]' check (jsonb_typeof(commitments) = 'array'),
  check (answer = 'none' or answered_at is not null)
);
create index proposals_state on proposals (state, object_id desc);
create index proposals_themes on proposals using gin (themes);
create index proposals_idea on proposals (idea_id, object_id) where idea_id is not null;
create index proposals_vote on proposals (vote_id) where vote_id is not null;
comment on table proposals is 'What an object of kind proposal has beside every object. Who supports it likes it';

create table proposal_versions (
  object_id bigint not null references proposals on delete cascade,
  number integer not null check (number > 0),
  title text not null,
  -- [{key, text, html}]: as typed, and sanitised once.
  body jsonb not null check (jsonb_typeof(body) = 'array'),
  author_id bigint references actors on delete set null,
  reason text not null default '',
  -- The amendment that made it.
  amendment_id bigint,
  created_at timestamptz not null,
  primary key (object_id, number)
);

create table proposal_authors (
  object_id bigint not null references proposals on delete cascade,
  actor_id bigint not null references actors on delete cascade,
  since timestamptz not null,
  primary key (object_id, actor_id)
);
create index proposal_authors_actor on proposal_authors (actor_id, object_id desc);

-- Each is an answer in the thread of its proposal, so that everybody reads it and may like it.
create table amendments (
  object_id bigint primary key references objects on delete cascade,
  proposal_id bigint not null references proposals on delete cascade,
  -- Of which version, and which paragraph; 0: before the first.
  version integer not null,
  paragraph integer not null check (paragraph >= 0),
  kind text not null check (kind in ('replace', 'insert', 'delete')),
  -- What the paragraph said: while it still does, the amendment applies.
  former text not null,
  text text not null,
  reason text not null default '',
  state text not null default 'proposed' check (state in ('proposed', 'accepted', 'refused', 'withdrawn', 'outdated')),
  decided_by bigint references actors on delete set null,
  decided_at timestamptz,
  decision text not null default '',
  -- The proposal its author made of it.
  promoted_id bigint references objects on delete set null,
  created_at timestamptz not null,
  check ((state = 'proposed') = (decided_at is null)),
  check (paragraph > 0 or kind = 'insert')
);
create index amendments_proposal on amendments (proposal_id, object_id);
create index amendments_promoted on amendments (promoted_id) where promoted_id is not null;

create table proposal_arguments (
  object_id bigint primary key references objects on delete cascade,
  proposal_id bigint not null references proposals on delete cascade,
  kind text not null check (kind in ('for', 'against', 'question', 'source')),
  text text not null,
  link text check (link like 'https://%'),
  created_at timestamptz not null
);
create index proposal_arguments_proposal on proposal_arguments (proposal_id, object_id);

-- What somebody writes before anybody else sees it: no object, no address.
create table proposal_drafts (
  id bigint primary key,
  actor_id bigint not null references actors on delete cascade,
  -- As typed: {title, text, themes, as, amendable_by, visibility, idea}.
  words jsonb not null,
  updated_at timestamptz not null
);
create index proposal_drafts_actor on proposal_drafts (actor_id, id desc);

-- A vote that is deleted decides nothing: its proposal is open again, says so, and tells everybody who got it.
create function proposal_loses_vote() returns trigger language plpgsql as $$
begin
  if old.state = 'voting' and new.state = 'voting' and old.vote_id is not null and new.vote_id is null then
    new.state := 'open';
    insert into chores (kind, subject, due_at) values ('proposal-unvoted', new.object_id::text, 'epoch') on conflict do nothing;
  end if;
  return new;
end $$;
create trigger proposal_loses_vote before update of vote_id on proposals for each row execute function proposal_loses_vote();
