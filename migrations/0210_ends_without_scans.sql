-- What ends is found by an index. Why: a Delete looked for the boosts of the post, and the end of a boost for what hangs on it, by reading
-- every object there is: the indexes had only the living, the questions (PostgreSQL's own about foreign keys among them) are about all.
-- Fewer rows are written, too: most posts answer nothing. Lock cost: builds two indexes over the boosts and the answers (seconds per
-- million, during which nothing is written to objects), and three small ones.
drop index objects_reblog_of;
create index objects_reblog_of on objects (reblog_of_id, id desc) where reblog_of_id is not null;
drop index objects_replies;
create index objects_replies on objects (in_reply_to_id, id) where in_reply_to_id is not null;

create index media_object on media (object_id) where object_id is not null;
create index featured_object on featured (object_id);
create index idempotency_keys_object on idempotency_keys (object_id);
