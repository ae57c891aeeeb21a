-- Notices that ask for an answer go with it; notices that speak of a group: who asks to join it (to those who look after it), who accepted an invitation (to who invited). Why: a
-- request nobody hears of waits for ever. Lock cost: the unique index of notifications is built anew; inserts wait meanwhile.

alter table notifications add column group_id bigint references actors on delete cascade;
drop index notifications_once;
create unique index notifications_once
  on notifications (owner_id, type, from_id, coalesce(object_id, 0), coalesce(decision_id, 0), coalesce(group_id, 0));
create index notifications_group on notifications (group_id) where group_id is not null;

-- A request that was answered or taken back, by whatever way, asks nobody any more.
create function forget_group_request() returns trigger language plpgsql as $$
begin
  delete from notifications where from_id = old.actor_id and group_id = old.group_id and type = 'group_request';
  return null;
end $$;
create trigger memberships_answered after delete or update of state on memberships for each row
  when (old.state = 'pending') execute function forget_group_request();

create function forget_event_request() returns trigger language plpgsql as $$
begin
  delete from notifications where from_id = old.actor_id and object_id = old.object_id and type = 'event_request';
  return null;
end $$;
create trigger participations_answered after delete or update of state on participations for each row
  when (old.state = 'pending') execute function forget_event_request();
