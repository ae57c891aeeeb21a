-- Checking two foreign keys cost more than writing the row of a home timeline, fifty times for each post that arrives. Boosts taken back
-- leave the homes all at once instead; what else ends is deleted by owner or by object in words.
alter table home_items drop constraint home_items_object_id_fkey, drop constraint home_items_owner_id_fkey;

create function leave_homes() returns trigger language plpgsql as $$
begin
  delete from home_items h using gone where h.object_id = gone.id;
  return null;
end $$;
create trigger objects_leave_homes after delete on objects referencing old table as gone for each statement execute function leave_homes();

-- Nobody asks for the activities of a host.
drop index inbox_log_host;
