-- Ideas and backers on paper, by numbered slips: entered by one person of the town hall, confirmed by another, counted apart and with the rest.
-- Why: most people of a village make no account. Lock cost: two columns without rewriting, one index made anew, small tables.

alter table ideas add column paper integer not null default 0;
-- The slip an idea was written on.
alter table ideas add column paper_slip integer check (paper_slip between 1 and 100000);
create unique index ideas_paper_slip on ideas (paper_slip) where paper_slip is not null;
drop index ideas_backed;
create index ideas_backed on ideas ((residents + members + public + paper) desc, object_id desc) where state = 'open';

-- One slip, one backer. Nobody's name stands on them.
create table idea_papers (
  object_id bigint not null references ideas on delete cascade,
  slip integer not null check (slip between 1 and 100000),
  entered_by bigint references actors on delete set null,
  entered_at timestamptz not null,
  confirmed_by bigint references actors on delete set null,
  confirmed_at timestamptz,
  primary key (object_id, slip),
  check (confirmed_by is null or entered_by is null or confirmed_by <> entered_by)
);
create index idea_papers_waiting on idea_papers (object_id) where confirmed_at is null;
create index idea_papers_entered on idea_papers (entered_by) where entered_by is not null;
create index idea_papers_confirmed on idea_papers (confirmed_by) where confirmed_by is not null;

-- What stands on a slip until a second person has read it; then it is an idea.
create table idea_paper_drafts (
  slip integer primary key check (slip between 1 and 100000),
  -- {title, text, themes, place}, as typed.
  words jsonb not null,
  entered_by bigint references actors on delete set null,
  entered_at timestamptz not null
);
create index idea_paper_drafts_entered on idea_paper_drafts (entered_by) where entered_by is not null;

create function idea_papers_count() returns trigger language plpgsql as $$
declare
  id bigint := case when tg_op = 'DELETE' then old.object_id else new.object_id end;
begin
  perform from ideas where object_id = id for update;
  update ideas set paper = (select count(*) from idea_papers p where p.object_id = id and p.confirmed_at is not null) where object_id = id;
  insert into chores (kind, subject, due_at) values ('idea-threshold', id::text, 'epoch') on conflict do nothing;
  return null;
end $$;
create trigger idea_papers_count after insert or update of confirmed_at or delete on idea_papers for each row execute function idea_papers_count();
