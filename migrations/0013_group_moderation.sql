-- Moderation in groups: who looks after groups of other servers, and lists for those who look after ours.
-- Why: a moderator's word about somebody else's post is judged on who moderates according to us. Lock cost: a new table, one small index.

-- As the group's own moderators collection last said.
create table group_moderators (
  group_id bigint primary key references actors on delete cascade,
  iris text[] not null default '{}',
  fetched_at timestamptz not null
);

create index group_locks_group on group_locks (group_id, object_id desc);
create index group_holds_group on group_holds (group_id, object_id desc);
