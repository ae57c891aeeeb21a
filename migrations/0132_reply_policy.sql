-- Who may answer a post (null: everyone it reaches), and the wall of the commune with what is for its people alone. Why: announcements
-- that are not a discussion. Lock cost: a column without default; the index is built while writes to objects wait.

alter table objects add column reply_policy text check (reply_policy in ('members', 'nobody'));
create index objects_commune on objects (id desc) where visibility in ('public', 'local') and local and in_reply_to_iri is null and deleted_at is null;
