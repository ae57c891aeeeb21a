-- Messages to all who come, by who wrote them: they go with the person. Lock cost: an index on a small table.
create index event_messages_author on event_messages (author_id);
