-- Edits and deletions are told to whoever listens (channel `communer`), whoever makes them. Why: open timelines follow what happens
-- without asking again. New posts and notifications are told where they are spread (db/live.ts). Lock cost: three triggers.

create function tell_object() returns trigger language plpgsql as $$
begin
  if tg_op = 'DELETE' then
    perform pg_notify('communer', json_build_object('kind', 'boost-ended', 'ids', json_build_array(old.id::text))::text);
  elsif new.deleted_at is not null then
    perform pg_notify('communer', json_build_object('kind', 'object-deleted', 'ids', json_build_array(new.id::text))::text);
  else
    perform pg_notify('communer', json_build_object('kind', 'object-updated', 'ids', json_build_array(new.id::text))::text);
  end if;
  return null;
end $$;

create trigger objects_told_deleted after update of deleted_at on objects for each row
  when (old.deleted_at is null and new.deleted_at is not null) execute function tell_object();
create trigger objects_told_updated after update of updated on objects for each row
  when (new.deleted_at is null and new.updated is not null and old.updated is distinct from new.updated) execute function tell_object();
create trigger objects_told_unboosted after delete on objects for each row
  when (old.reblog_of_id is not null and old.visibility in ('public', 'unlisted')) execute function tell_object();
