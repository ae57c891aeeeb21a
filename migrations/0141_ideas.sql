-- Ideas: who backs them by class, who helps, who objects, what the commune owes them and answers, and the public journal of what changed. Why:
-- a backer is a like (from Mastodon too), so only what an idea has beside every object is kept here. Lock cost: new tables, two triggers.

create table ideas (
  object_id bigint primary key references objects on delete cascade,
  -- objects.name, kept beside so that similar ones are found while somebody types.
  title text not null,
  themes text[] not null default '{}',
  state text not null default 'open' check (state in ('open', 'withdrawn', 'merged')),
  merged_into bigint references ideas on delete set null,
  -- Backers by class, never summed when shown: who says to live here (some confirmed), others with an account here, the fediverse.
  residents integer not null default 0,
  verified integer not null default 0,
  members integer not null default 0,
  public integer not null default 0,
  answer text not null default 'none' check (answer in ('none', 'examining', 'accepted', 'partly', 'refused')),
  answer_text text not null default '',
  answer_cost text not null default '',
  answer_period text not null default '',
  answered_at timestamptz,
  answered_by bigint references actors on delete set null,
  -- The threshold was reached: the commune answers until then.
  due_on date,
  progress smallint not null default 0 check (progress between 0 and 100),
  -- [{text, due, done}] with dates as YYYY-MM-DD.
  commitments jsonb not null default '[]' check (jsonb_typeof(commitments) = 'array'),
  project_id bigint references actors on delete set null,
  check (answer = 'none' or answered_at is not null)
);
create index ideas_open on ideas (object_id desc) where state = 'open';
create index ideas_backed on ideas ((residents + members + public) desc, object_id desc) where state = 'open';
create index ideas_themes on ideas using gin (themes);
create index ideas_titles on ideas using gin (to_tsvector('public.communer'::regconfig, search_fold(title))) with (fastupdate = off) where state = 'open';
create index ideas_due on ideas (due_on, object_id) where due_on is not null and answer in ('none', 'examining') and state = 'open';
create index ideas_answered on ideas (answered_at desc, object_id desc) where answered_at is not null;
create index ideas_done on ideas (object_id desc) where progress = 100;
create index ideas_merged on ideas (merged_into) where merged_into is not null;
comment on table ideas is 'What an object of kind idea has beside every object. Its backers are its likes';

create table idea_helps (
  object_id bigint not null references objects on delete cascade,
  actor_id bigint not null references actors on delete cascade,
  kinds text[] not null check (cardinality(kinds) > 0 and kinds <@ array['skills', 'material', 'time', 'money', 'place']),
  words text not null default '',
  created_at timestamptz not null,
  primary key (object_id, actor_id)
);
create index idea_helps_actor on idea_helps (actor_id);

create table idea_objections (
  object_id bigint not null references objects on delete cascade,
  actor_id bigint not null references actors on delete cascade,
  reason text not null,
  created_at timestamptz not null,
  primary key (object_id, actor_id)
);
create index idea_objections_actor on idea_objections (actor_id);

-- Every change of what people decide about, in public: who, when, why.
create table journal (
  id bigint primary key,
  object_id bigint not null references objects on delete cascade,
  what text not null,
  from_state text,
  to_state text,
  by_id bigint references actors on delete set null,
  reason text not null default '',
  at timestamptz not null
);
create index journal_object on journal (object_id, id);
create index journal_by on journal (by_id) where by_id is not null;
comment on table journal is 'What became of an object, step by step; shown to everyone who sees the object';

-- One writer an idea at a time: the count after the lock sees what the other wrote.
create function count_idea_backers(ids bigint[]) returns void language plpgsql as $$
begin
  perform from ideas where object_id = any(ids) order by object_id for update;
  update ideas i set residents = c.residents, verified = c.verified, members = c.members, public = c.public
    from (select b.id, count(r.actor_id) as residents, count(r.verified_at) as verified,
        count(*) filter (where a.local and r.actor_id is null) as members, count(*) filter (where not a.local) as public
      from unnest(ids) as b(id) left join likes l on l.object_id = b.id left join actors a on a.id = l.actor_id
        left join residents r on r.actor_id = l.actor_id group by b.id) c
    where i.object_id = c.id;
  insert into chores (kind, subject, due_at) select 'idea-threshold', unnest(ids)::text, 'epoch'::timestamptz on conflict do nothing;
end $$;

create function likes_of_ideas() returns trigger language plpgsql as $$
declare
  ids bigint[];
begin
  select array_agg(distinct i.object_id) into ids from changed join ideas i on i.object_id = changed.object_id;
  if ids is not null then
    perform count_idea_backers(ids);
  end if;
  return null;
end $$;
create trigger likes_of_ideas_new after insert on likes referencing new table as changed for each statement execute function likes_of_ideas();
create trigger likes_of_ideas_gone after delete on likes referencing old table as changed for each statement execute function likes_of_ideas();

create function residents_of_ideas() returns trigger language plpgsql as $$
declare
  ids bigint[];
begin
  select array_agg(i.object_id) into ids from likes l join ideas i on i.object_id = l.object_id
    where l.actor_id = case when tg_op = 'DELETE' then old.actor_id else new.actor_id end;
  if ids is not null then
    perform count_idea_backers(ids);
  end if;
  return null;
end $$;
create trigger residents_of_ideas after insert or update of verified_at or delete on residents for each row execute function residents_of_ideas();
