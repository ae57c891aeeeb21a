-- What people keep and sort for themselves: bookmarks, lists, filters, followed and featured hashtags, mutes that end, muted threads.
-- Why: the client API offers them and apps build on them. Lock cost: new tables, one column without default, one index build on object_tags.

create table bookmarks (
  id bigint primary key,
  actor_id bigint not null references actors on delete cascade,
  object_id bigint not null references objects on delete cascade,
  created_at timestamptz not null default now(),
  unique (object_id, actor_id)
);
create index bookmarks_actor on bookmarks (actor_id, id desc);

create table lists (
  id bigint primary key,
  owner_id bigint not null references actors on delete cascade,
  title text not null,
  -- Which answers show: to anyone followed, to members of the list, none.
  replies_policy text not null default 'list' check (replies_policy in ('followed', 'list', 'none')),
  exclusive boolean not null default false,            -- its members' posts leave the home timeline
  created_at timestamptz not null default now()
);
create index lists_owner on lists (owner_id, id);

create table list_accounts (
  list_id bigint not null references lists on delete cascade,
  actor_id bigint not null references actors on delete cascade,
  primary key (list_id, actor_id)
);
create index list_accounts_actor on list_accounts (actor_id);

create table filters (
  id bigint primary key,
  actor_id bigint not null references actors on delete cascade,
  title text not null,
  context text[] not null,                             -- home, notifications, public, thread, account
  action text not null default 'warn' check (action in ('warn', 'hide', 'blur')),
  expires_at timestamptz,
  created_at timestamptz not null default now()
);
create index filters_actor on filters (actor_id, id);

create table filter_keywords (
  id bigint primary key,
  filter_id bigint not null references filters on delete cascade,
  keyword text not null,
  whole_word boolean not null default true
);
create index filter_keywords_filter on filter_keywords (filter_id, id);

create table filter_statuses (
  id bigint primary key,
  filter_id bigint not null references filters on delete cascade,
  object_id bigint not null references objects on delete cascade,
  unique (filter_id, object_id)
);
create index filter_statuses_object on filter_statuses (object_id);

-- A mute may end by itself; null: it does not.
alter table mutes add column expires_at timestamptz;
create index mutes_ending on mutes (expires_at) where expires_at is not null;

-- Threads one does not want to hear of any more, by the first object of the thread.
create table thread_mutes (
  actor_id bigint not null references actors on delete cascade,
  root_id bigint not null references objects on delete cascade,
  created_at timestamptz not null default now(),
  primary key (actor_id, root_id)
);
create index thread_mutes_root on thread_mutes (root_id);

-- A thread whose beginning arrives late gets another root: who muted it has muted the whole.
create function move_thread_mutes() returns trigger language plpgsql as $$
begin
  insert into thread_mutes (actor_id, root_id, created_at) select actor_id, new.root_id, created_at from thread_mutes where root_id = old.root_id
    on conflict do nothing;
  return null;
end $$;
create trigger objects_thread_mutes after update of root_id on objects for each row
  when (old.root_id = old.id and new.root_id is distinct from old.root_id) execute function move_thread_mutes();

-- `tag` is the folded name, `name` as the person wrote it.
create table tag_follows (
  id bigint primary key,
  actor_id bigint not null references actors on delete cascade,
  tag text not null,
  name text not null,
  created_at timestamptz not null default now(),
  unique (actor_id, tag)
);
create index tag_follows_actor on tag_follows (actor_id, id desc);
create index tag_follows_tag on tag_follows (tag);

create table featured_tags (
  id bigint primary key,
  actor_id bigint not null references actors on delete cascade,
  tag text not null,
  name text not null,
  created_at timestamptz not null default now(),
  unique (actor_id, tag)
);

-- The tags of an object: for those who follow one of them, and for counting what is talked about.
create index object_tags_object on object_tags (object_id);

-- A private note about somebody.
create table actor_notes (
  actor_id bigint not null references actors on delete cascade,
  target_id bigint not null references actors on delete cascade,
  comment text not null,
  primary key (actor_id, target_id)
);
create index actor_notes_target on actor_notes (target_id);
