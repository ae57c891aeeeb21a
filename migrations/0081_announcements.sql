-- The commune's announcements to its people; whom one recommends on one's profile; follows with a bell and in some languages only.
-- Lock cost: two columns of follows, one with a constant default; the index holds no row at first.

create table announcements (
  id bigint primary key,
  content text not null,                               -- as it was written
  ends_at timestamptz,                                 -- not shown from then on; null: until it is taken back
  created_at timestamptz not null,
  updated_at timestamptz not null
);

create table announcement_reads (
  announcement_id bigint not null references announcements on delete cascade,
  actor_id bigint not null references actors on delete cascade,
  primary key (announcement_id, actor_id)
);
create index announcement_reads_actor on announcement_reads (actor_id);

create table announcement_reactions (
  announcement_id bigint not null references announcements on delete cascade,
  name text not null,                                  -- an emoji
  actor_id bigint not null references actors on delete cascade,
  created_at timestamptz not null,
  primary key (announcement_id, name, actor_id)
);
create index announcement_reactions_actor on announcement_reactions (actor_id);

create table endorsements (
  id bigint primary key,
  actor_id bigint not null references actors on delete cascade,
  target_id bigint not null references actors on delete cascade,
  unique (actor_id, target_id)
);
create index endorsements_actor on endorsements (actor_id, id desc);
create index endorsements_target on endorsements (target_id);

alter table follows add column notify boolean not null default false, add column languages text[];
create index follows_notify on follows (followed_id, follower_id) where notify;
