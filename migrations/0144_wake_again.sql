-- Who backs an idea while its threshold is being looked at is looked at too: the chore that runs learns of it by another date and is done
-- once more (db/chores.ts). Whole milliseconds, since that is what programs read. Lock cost: none (functions).
create function wake_chore(what text, whom text) returns void language sql as $$
  insert into chores (kind, subject, due_at) values (what, whom, date_trunc('milliseconds', clock_timestamp()) - interval '100 years')
    on conflict (kind, subject) do update set due_at = greatest(excluded.due_at, chores.due_at + interval '1 millisecond')
$$;

create or replace function count_idea_backers(ids bigint[]) returns void language plpgsql as $$
begin
  perform from ideas where object_id = any(ids) order by object_id for update;
  update ideas i set residents = c.residents, verified = c.verified, members = c.members, public = c.public
    from (select b.id, count(r.actor_id) as residents, count(r.verified_at) as verified,
        count(*) filter (where a.local and r.actor_id is null) as members, count(*) filter (where not a.local) as public
      from unnest(ids) as b(id) left join likes l on l.object_id = b.id left join actors a on a.id = l.actor_id
        left join residents r on r.actor_id = l.actor_id group by b.id) c
    where i.object_id = c.id;
  perform wake_chore('idea-threshold', id::text) from unnest(ids) as named(id);
end $$;
