-- Deleting an object or an actor, and restoring a post, find their notifications; without these each scans the table.
-- Lock cost: two indexes on a table that is pruned by its owners.
create index notifications_object on notifications (object_id) where object_id is not null;
create index notifications_from on notifications (from_id);
