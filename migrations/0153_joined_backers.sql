-- Who backs an idea that is joined to another is counted for the one it went into: once each, whatever else they back, and nothing is signed
-- in their name. People of this instance alone: a server elsewhere is told whose like it is of which idea. What was withdrawn or joined keeps
-- the counts it had. Lock cost: a column with a default (no rewrite), functions; ideas with others joined to them are counted anew.
alter table ideas add column joined integer not null default 0;
comment on column ideas.joined is 'Of residents and members, those who back an idea joined to this one and not this one itself';

create or replace function count_idea_backers(ids bigint[]) returns void language plpgsql as $$
declare
  -- The ideas themselves, and those they were joined to. "union" ends where two were joined to each other.
  targets bigint[];
begin
  with recursive up(id) as (
    select unnest(ids) union select i.merged_into from up join ideas i on i.object_id = up.id where i.merged_into is not null)
  select array_agg(i.object_id order by i.object_id) into targets from up join ideas i on i.object_id = up.id where i.state = 'open';
  if targets is null then
    return;
  end if;
  perform from ideas where object_id = any(targets) order by object_id for update;
  update ideas i set residents = c.residents, verified = c.verified, members = c.members, public = c.public, joined = c.joined
    from (
      with recursive down(target, id) as (
        select t, t from unnest(targets) as t union select d.target, i.object_id from down d join ideas i on i.merged_into = d.id and i.state = 'merged'),
      backers as (
        select d.target, a.id, a.local, bool_or(d.id = d.target) as own from down d join likes l on l.object_id = d.id join actors a on a.id = l.actor_id
        where a.local or d.id = d.target group by d.target, a.id, a.local)
      select t.id, count(r.actor_id) as residents, count(r.verified_at) as verified,
        count(*) filter (where b.local and r.actor_id is null) as members, count(*) filter (where not b.local) as public,
        count(*) filter (where not b.own) as joined
      from unnest(targets) as t(id) left join backers b on b.target = t.id left join residents r on r.actor_id = b.id group by t.id) c
    where i.object_id = c.id and i.state = 'open';
  perform wake_chore('idea-threshold', id::text) from unnest(targets) as named(id);
end $$;

-- Joined, or joined no more because one of the two was deleted.
create function ideas_joined() returns trigger language plpgsql as $$
begin
  if tg_op = 'UPDATE' and old.merged_into is distinct from new.merged_into then
    perform count_idea_backers(array_remove(array[old.merged_into, new.merged_into], null));
  elsif tg_op = 'DELETE' and old.merged_into is not null then
    perform count_idea_backers(array[old.merged_into]);
  end if;
  return null;
end $$;
create trigger ideas_joined after update of merged_into or delete on ideas for each row execute function ideas_joined();

select count_idea_backers(array_agg(distinct merged_into)) from ideas where merged_into is not null;
