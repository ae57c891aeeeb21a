-- Events that take place where one can follow the place: its own agenda, and its followers hear of them. Lock cost: none that matters
-- (nullable column, constant default).
alter table events
  add column place_actor_id bigint references actors on delete set null,
  -- Who announces it may speak for the place too.
  add column place_announces boolean not null default false;
create index events_place_actor on events (place_actor_id) where place_actor_id is not null;
