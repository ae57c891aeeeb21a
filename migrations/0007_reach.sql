-- Reach: who got what was published, and how the hosts are doing. Why: the delivery panel and the administrators' page ask by object
-- and by host. Lock cost: three indexes; the two on hosts are small, the one on deliveries covers only what was given up.

-- What was given up for a host, newest first.
create index deliveries_dead on deliveries (host, id desc) where state = 'dead';
-- Part of a host's name, as administrators type it.
create index hosts_search on hosts using gin (host gin_trgm_ops);
-- Hosts in trouble are few: their list never walks the healthy ones.
create index hosts_troubled on hosts (host) where failures > 0 or asleep_since is not null or gone_at is not null;

-- What we asked another server for, when, and what it said then: so that nothing is asked too often, and unchanged lists cost one answer.
create table visits (
  kind text not null,                                  -- replies, followers-sync, outbox
  subject text not null,                               -- row id of the object or actor
  at timestamptz not null,
  etag text,
  modified text,
  detail jsonb not null default '{}',
  primary key (kind, subject)
);
create index visits_at on visits (at);

-- Whoever is followed already is caught up with, spread over a day.
insert into chores (kind, subject, due_at)
  select distinct on (f.followed_id) 'catch-up', f.followed_id::text, now() + random() * interval '1 day'
    from follows f join actors a on a.id = f.followed_id and not a.local
    where f.follower_local and f.state = 'accepted'
  on conflict do nothing;
