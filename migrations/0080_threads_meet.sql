-- When two conversations become one because the beginning of a thread arrived late, the newest post speaks, and what is unread stays so.
-- Lock cost: none, a function is replaced.
create or replace function move_thread_mutes() returns trigger language plpgsql as $$
begin
  insert into thread_mutes (actor_id, root_id, created_at) select actor_id, new.root_id, created_at from thread_mutes where root_id = old.root_id
    on conflict do nothing;
  update conversations kept set last_id = greatest(kept.last_id, going.last_id), unread = kept.unread or going.unread
    from conversations going where going.root_id = old.root_id and kept.owner_id = going.owner_id and kept.root_id = new.root_id;
  update conversations c set root_id = new.root_id where root_id = old.root_id
    and not exists (select 1 from conversations other where other.owner_id = c.owner_id and other.root_id = new.root_id);
  delete from conversations where root_id = old.root_id;
  return null;
end $$;
