-- Following an idea or a proposal without backing it: one hears what is answered, decided and done. Why: until now only who backed it heard.
-- Lock cost: a new table.
create table object_followers (
  object_id bigint not null references objects on delete cascade,
  actor_id bigint not null references actors on delete cascade,
  created_at timestamptz not null,
  primary key (object_id, actor_id)
);
create index object_followers_actor on object_followers (actor_id, object_id desc);
