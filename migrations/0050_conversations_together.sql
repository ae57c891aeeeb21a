-- Several direct posts of one thread that arrive together are one row of a conversation: the newest speaks.
create or replace function keep_conversations() returns trigger language plpgsql as $$
begin
  insert into conversations (owner_id, root_id, last_id, unread)
    select distinct on (owner.id, said.root_id) owner.id, said.root_id, said.id, owner.id <> said.actor_id
    from (select distinct o.id, o.root_id, o.actor_id from named join objects o on o.id = named.object_id
        where o.visibility = 'direct' and o.root_id is not null and o.deleted_at is null) said
      cross join lateral (select said.actor_id as id union select r.actor_id from object_recipients r where r.object_id = said.id) one
      join actors owner on owner.id = one.id and owner.local and owner.type = 'Person'
    where not exists (select 1 from blocks b where (b.blocker_id = owner.id and b.blocked_id = said.actor_id)
      or (b.blocker_id = said.actor_id and b.blocked_id = owner.id))
    order by owner.id, said.root_id, said.id desc
    on conflict (owner_id, root_id) do update set last_id = greatest(conversations.last_id, excluded.last_id), unread = excluded.unread;
  return null;
end $$;
