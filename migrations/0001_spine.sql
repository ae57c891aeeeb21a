-- The spine: settings, actors, keys, accounts, objects, links between them, the inbox log and the outbox's deliveries.
-- Why: everything later stands on these tables. Lock cost: none, they are new.
-- Row ids are time-ordered bigints (milliseconds << 16 | random): they sort, and serve as ids of the Mastodon API.

create extension if not exists pg_trgm;
create extension if not exists unaccent;

-- unaccent() is only STABLE because its dictionary may change; ours does not, and an index needs IMMUTABLE.
create function f_unaccent(value text) returns text language sql immutable parallel safe strict
  as $$ select public.unaccent('public.unaccent'::regdictionary, lower(value)) $$;

create table settings (
  key text primary key,
  value jsonb not null,
  updated_at timestamptz not null default now()
);

-- Local and remote actors. `doc` is the served document of a local actor (without key), or what we keep of a remote one.
create table actors (
  id bigint primary key,
  iri text not null unique,
  type text not null,
  kind text,                       -- communer:kind: group, organization, project, commune
  local boolean not null,
  username text not null,
  domain text not null,            -- the part after @: account domain when local, verified WebFinger host when remote
  host text not null,              -- canonical host of the iri
  handle_verified boolean not null default false,
  name text not null default '',
  summary text not null default '',
  url text,
  inbox text not null,
  shared_inbox text,
  outbox text,
  followers_iri text,
  following_iri text,
  featured_iri text,
  locked boolean not null default false,
  discoverable boolean not null default true,
  indexable boolean not null default false,
  icon jsonb,
  image jsonb,
  fields jsonb not null default '[]',
  doc jsonb not null,
  published timestamptz not null default now(),
  updated timestamptz,
  fetched_at timestamptz,
  suspended_at timestamptz,
  deleted_at timestamptz,
  last_status_at timestamptz
);
create unique index actors_local_username on actors (lower(username)) where local;
create index actors_handle on actors (lower(username), lower(domain));
create index actors_host on actors (host);
create index actors_url on actors using hash (url) where url is not null;
create index actors_kind on actors (kind, id) where local and kind is not null;
create index actors_search on actors using gin (f_unaccent(username || ' ' || name) gin_trgm_ops);

create table actor_stats (
  actor_id bigint primary key references actors on delete cascade,
  statuses integer not null default 0,
  followers integer not null default 0,
  following integer not null default 0
);

-- Public keys of everyone we verify; private keys (sealed with the instance's secret) of our own.
create table actor_keys (
  key_iri text primary key,
  actor_id bigint not null references actors on delete cascade,
  algorithm text not null,         -- rsa | ed25519
  public_pem text not null,
  private_sealed bytea,
  created_at timestamptz not null default now(),
  fetched_at timestamptz not null default now(),
  refreshed_at timestamptz,
  retired_at timestamptz
);
create index actor_keys_actor on actor_keys (actor_id);

-- People who log in. A person is an actor; the account holds what is never published.
create table accounts (
  id bigint primary key,
  actor_id bigint not null unique references actors,
  email text not null,
  password_hash text not null,
  role text not null default 'member' check (role in ('member', 'agent', 'moderator', 'admin')),
  status text not null default 'active' check (status in ('pending', 'active', 'disabled')),
  locale text not null default 'fr',
  reason text not null default '',
  preferences jsonb not null default '{}',   -- {note, privacy, sensitive, language, markers}: what the person typed and chose
  created_at timestamptz not null default now(),
  last_seen_at timestamptz,
  notifications_read_id bigint not null default 0
);
create unique index accounts_email on accounts (lower(email));
create index accounts_status on accounts (status, id);

create table oauth_apps (
  id bigint primary key,
  client_id text not null unique,
  client_secret text not null,
  name text not null,
  website text,
  redirect_uris text[] not null,
  scopes text[] not null,
  created_at timestamptz not null default now()
);

create table oauth_codes (
  code_hash bytea primary key,
  app_id bigint not null references oauth_apps on delete cascade,
  account_id bigint not null references accounts on delete cascade,
  redirect_uri text not null,
  scopes text[] not null,
  code_challenge text,
  expires_at timestamptz not null,
  used_at timestamptz
);

-- Browser sessions and OAuth tokens: both are bearer secrets kept as a hash, both can be listed and revoked.
create table tokens (
  id bigint primary key,
  token_hash bytea not null unique,
  kind text not null check (kind in ('session', 'oauth', 'app')),
  account_id bigint references accounts on delete cascade,
  app_id bigint references oauth_apps on delete cascade,
  scopes text[] not null,
  user_agent text,
  created_at timestamptz not null default now(),
  used_at timestamptz not null default now(),
  expires_at timestamptz,
  revoked_at timestamptz
);
create index tokens_account on tokens (account_id) where revoked_at is null;

-- Groups, organizations, projects and the commune: what their actor document does not say.
create table groups (
  actor_id bigint primary key references actors on delete cascade,
  openness text not null default 'open' check (openness in ('open', 'moderated', 'invite_only')),
  posting text not null default 'members' check (posting in ('members', 'moderators')),
  created_by bigint references actors,
  created_at timestamptz not null default now()
);

create table memberships (
  group_id bigint not null references actors on delete cascade,
  actor_id bigint not null references actors on delete cascade,
  role text not null default 'member' check (role in ('member', 'moderator', 'owner')),
  state text not null default 'active' check (state in ('pending', 'active')),
  created_at timestamptz not null default now(),
  primary key (group_id, actor_id)
);
create index memberships_actor on memberships (actor_id, state);

-- Everything that is published: notes, events, articles… and boosts (type Announce, reblog_of_id set).
create table objects (
  id bigint primary key,
  iri text not null unique,
  type text not null,
  kind text,
  local boolean not null,
  actor_id bigint not null references actors,          -- attributedTo: who publishes (or boosts)
  author_id bigint references actors,                  -- the person behind what a group publishes
  group_id bigint references actors,                   -- audience: the group it is said in
  visibility text not null check (visibility in ('public', 'unlisted', 'followers', 'members', 'direct', 'local')),
  in_reply_to_iri text,
  in_reply_to_id bigint references objects,
  root_id bigint,                                      -- first object of the thread (its own id when it starts one)
  reblog_of_id bigint references objects,
  name text,
  summary text,
  content text not null default '',                    -- HTML as received or written
  content_html text not null default '',               -- the same, sanitised once per version: the only one ever rendered
  source text,                                         -- what the author typed, for editing
  language text,
  sensitive boolean not null default false,
  url text,
  start_time timestamptz,
  end_time timestamptz,
  timezone text,
  event_status text,                                   -- CONFIRMED, TENTATIVE, CANCELLED
  place jsonb,                                         -- {name, address, latitude, longitude, url}
  latitude double precision,
  longitude double precision,
  attachments jsonb not null default '[]',             -- [{type, mediaType, url, name, width, height, blurhash, focalPoint}]
  tags jsonb not null default '[]',                    -- [{type, name, href}]
  poll jsonb,
  published timestamptz not null,
  updated timestamptz,
  created_at timestamptz not null default now(),
  deleted_at timestamptz,
  doc jsonb not null
);
create unique index objects_reblog on objects (actor_id, reblog_of_id) where reblog_of_id is not null and deleted_at is null;
-- Pasted addresses are looked up by equality only: a hash index is small whatever their length.
create index objects_url on objects using hash (url) where url is not null;
create index objects_actor on objects (actor_id, id desc) where deleted_at is null;
create index objects_public on objects (id desc) where visibility = 'public' and deleted_at is null;
create index objects_public_local on objects (id desc) where visibility = 'public' and local and deleted_at is null;
create index objects_replies on objects (in_reply_to_id, id) where deleted_at is null;
create index objects_waiting_parent on objects (in_reply_to_iri) where in_reply_to_id is null and in_reply_to_iri is not null;
create index objects_root on objects (root_id, id) where deleted_at is null;
create index objects_group on objects (group_id, id desc) where group_id is not null and deleted_at is null;
create index objects_agenda on objects (start_time, id) where type = 'Event' and deleted_at is null;
create index objects_agenda_local on objects (start_time, id) where type = 'Event' and local and deleted_at is null;
create index objects_place on objects using gist (point(longitude, latitude)) where latitude is not null and deleted_at is null;
-- Erasure follows recent deletions into what was sent.
create index objects_erased on objects (deleted_at) where local and deleted_at is not null;
create index objects_reblog_of on objects (reblog_of_id, id desc) where reblog_of_id is not null and deleted_at is null;

-- The commune's wall: first posts only, replies stay in their threads.
create index objects_wall on objects (id desc)
  where visibility = 'public' and local and in_reply_to_iri is null and deleted_at is null;

create table object_stats (
  object_id bigint primary key references objects on delete cascade,
  replies integer not null default 0,
  likes integer not null default 0,
  shares integer not null default 0
) with (fillfactor = 80);

create table object_tags (
  tag text not null,                                   -- folded name without #
  object_id bigint not null references objects on delete cascade,
  primary key (tag, object_id)
);

-- Who an object is addressed to by name (mentions and direct recipients): the ground of "direct" visibility.
create table object_recipients (
  object_id bigint not null references objects on delete cascade,
  actor_id bigint not null references actors on delete cascade,
  mention boolean not null default false,
  primary key (object_id, actor_id)
);
create index object_recipients_actor on object_recipients (actor_id, object_id desc);

-- A client that repeats a request (Idempotency-Key) gets the same object again.
create table idempotency_keys (
  actor_id bigint not null references actors on delete cascade,
  key text not null,
  object_id bigint not null references objects on delete cascade,
  created_at timestamptz not null default now(),
  primary key (actor_id, key)
);

create table object_edits (
  object_id bigint not null references objects on delete cascade,
  at timestamptz not null,
  content_html text not null,
  summary text,
  name text,
  primary key (object_id, at)
);

create table follows (
  id bigint primary key,
  iri text not null unique,                            -- id of the Follow activity
  follower_id bigint not null references actors on delete cascade,
  followed_id bigint not null references actors on delete cascade,
  state text not null check (state in ('pending', 'accepted')),
  follower_local boolean not null,
  delivery_inbox text,                                 -- remote followers: shared inbox, else personal inbox
  reblogs boolean not null default true,
  created_at timestamptz not null default now(),
  accepted_at timestamptz,
  unique (follower_id, followed_id)
);
create index follows_followed on follows (followed_id, state, id desc);
create index follows_home on follows (followed_id, follower_id) where follower_local and state = 'accepted';
create index follows_follower on follows (follower_id, state, id desc);

-- How many followers stand behind each remote inbox: fan-out costs one row per inbox, whatever the number of followers.
create table follower_inboxes (
  followed_id bigint not null references actors on delete cascade,
  inbox text not null,
  host text not null,
  followers integer not null,
  primary key (followed_id, inbox)
);

create function count_follower_inbox() returns trigger language plpgsql as $$
begin
  if tg_op <> 'INSERT' and old.state = 'accepted' and old.delivery_inbox is not null then
    update follower_inboxes set followers = followers - 1 where followed_id = old.followed_id and inbox = old.delivery_inbox;
    delete from follower_inboxes where followed_id = old.followed_id and inbox = old.delivery_inbox and followers <= 0;
  end if;
  if tg_op <> 'DELETE' and new.state = 'accepted' and new.delivery_inbox is not null then
    insert into follower_inboxes (followed_id, inbox, host, followers)
      values (new.followed_id, new.delivery_inbox, lower(substring(new.delivery_inbox from '^[a-z]+://([^/]+)')), 1)
      on conflict (followed_id, inbox) do update set followers = follower_inboxes.followers + 1;
  end if;
  if tg_op = 'UPDATE' and old.state = new.state then return null; end if;
  if tg_op <> 'INSERT' and old.state = 'accepted' then
    update actor_stats set followers = greatest(followers - 1, 0) where actor_id = old.followed_id;
    update actor_stats set following = greatest(following - 1, 0) where actor_id = old.follower_id;
  end if;
  if tg_op <> 'DELETE' and new.state = 'accepted' then
    insert into actor_stats (actor_id, followers) values (new.followed_id, 1)
      on conflict (actor_id) do update set followers = actor_stats.followers + 1;
    insert into actor_stats (actor_id, following) values (new.follower_id, 1)
      on conflict (actor_id) do update set following = actor_stats.following + 1;
  end if;
  return null;
end $$;
create trigger follows_inboxes after insert or update of state, delivery_inbox or delete on follows
  for each row execute function count_follower_inbox();

create table likes (
  id bigint primary key,
  iri text not null unique,
  actor_id bigint not null references actors on delete cascade,
  object_id bigint not null references objects on delete cascade,
  created_at timestamptz not null default now(),
  unique (object_id, actor_id)
);
create index likes_actor on likes (actor_id, id desc);

create table blocks (
  id bigint primary key,
  iri text not null unique,
  blocker_id bigint not null references actors on delete cascade,
  blocked_id bigint not null references actors on delete cascade,
  created_at timestamptz not null default now(),
  unique (blocker_id, blocked_id)
);
create index blocks_blocked on blocks (blocked_id);

-- Muting is private: nothing is sent, the muted one's posts and notifications are only not shown.
create table mutes (
  muter_id bigint not null references actors on delete cascade,
  muted_id bigint not null references actors on delete cascade,
  notifications boolean not null default true,
  created_at timestamptz not null default now(),
  primary key (muter_id, muted_id)
);

create table featured (
  actor_id bigint not null references actors on delete cascade,
  object_id bigint not null references objects on delete cascade,
  created_at timestamptz not null default now(),
  primary key (actor_id, object_id)
);

-- Counters follow their rows whoever writes them.
create function count_object_stats() returns trigger language plpgsql as $$
declare
  target bigint;
  delta integer;
  live_before boolean := false;
  live_after boolean := false;
begin
  if tg_table_name = 'likes' then
    if tg_op = 'INSERT' then target := new.object_id; delta := 1; else target := old.object_id; delta := -1; end if;
    insert into object_stats (object_id, likes) values (target, greatest(delta, 0))
      on conflict (object_id) do update set likes = greatest(object_stats.likes + delta, 0);
    return null;
  end if;
  if tg_op <> 'INSERT' then live_before := old.deleted_at is null; end if;
  if tg_op <> 'DELETE' then live_after := new.deleted_at is null; end if;
  if live_before and old.reblog_of_id is not null then
    update object_stats set shares = greatest(shares - 1, 0) where object_id = old.reblog_of_id;
  end if;
  if live_after and new.reblog_of_id is not null then
    insert into object_stats (object_id, shares) values (new.reblog_of_id, 1)
      on conflict (object_id) do update set shares = object_stats.shares + 1;
  end if;
  if live_before and old.in_reply_to_id is not null then
    update object_stats set replies = greatest(replies - 1, 0) where object_id = old.in_reply_to_id;
  end if;
  if live_after and new.in_reply_to_id is not null then
    insert into object_stats (object_id, replies) values (new.in_reply_to_id, 1)
      on conflict (object_id) do update set replies = object_stats.replies + 1;
  end if;
  if live_before and not live_after then
    update actor_stats set statuses = greatest(statuses - 1, 0) where actor_id = old.actor_id;
  elsif live_after and not live_before then
    insert into actor_stats (actor_id, statuses) values (new.actor_id, 1)
      on conflict (actor_id) do update set statuses = actor_stats.statuses + 1;
  end if;
  return null;
end $$;
create trigger likes_stats after insert or delete on likes for each row execute function count_object_stats();
create trigger objects_stats after insert or update of deleted_at, in_reply_to_id or delete on objects
  for each row execute function count_object_stats();

-- One row per local reader and item: the home timeline is an index range.
create table home_items (
  owner_id bigint not null references actors on delete cascade,
  object_id bigint not null references objects on delete cascade,
  primary key (owner_id, object_id)
);
create index home_items_object on home_items (object_id);

create table notifications (
  id bigint primary key,
  owner_id bigint not null references actors on delete cascade,
  type text not null,                                  -- mention, reply→mention, favourite, reblog, follow, follow_request, status, update
  from_id bigint not null references actors on delete cascade,
  object_id bigint references objects on delete cascade,
  created_at timestamptz not null default now()
);
create unique index notifications_once on notifications (owner_id, type, from_id, coalesce(object_id, 0));
create index notifications_owner on notifications (owner_id, id desc);

create table media (
  id bigint primary key,
  actor_id bigint not null references actors,
  object_id bigint references objects on delete set null,
  file text not null,                                  -- generated name inside DATA_DIR/media
  preview_file text,
  media_type text not null,
  width integer not null,
  height integer not null,
  preview_width integer,
  preview_height integer,
  size_bytes integer not null,
  blurhash text,
  description text not null default '',
  focus_x real not null default 0,
  focus_y real not null default 0,
  created_at timestamptz not null default now()
);
create index media_actor on media (actor_id, id desc);
create index media_orphans on media (created_at) where object_id is null;

-- Our own activities: dereferenceable, and what deliveries carry. `body` holds the exact bytes that are signed and sent.
create table activities (
  id bigint primary key,
  iri text not null unique,
  type text not null,
  actor_id bigint not null references actors,
  object_iri text,
  visibility text not null,
  body text not null,
  published timestamptz not null default now()
);
create index activities_outbox on activities (actor_id, id desc)
  where visibility in ('public', 'unlisted') and type in ('Create', 'Announce');
create index activities_object on activities (object_iri, id);

-- One row per activity and inbox, written in the same transaction as the activity. The truth about what is still to send.
create table deliveries (
  id bigint generated by default as identity primary key,  -- made by INSERT … SELECT over the audience; orders what one inbox gets
  activity_id bigint not null references activities on delete cascade,
  actor_id bigint not null,                            -- who signs; the activity's own actor, so not checked again for each row
  inbox text not null,
  host text not null,
  object_iri text,                                     -- order is kept per (inbox, object)
  state text not null default 'waiting' check (state in ('waiting', 'done', 'dead', 'cancelled')),
  attempts smallint not null default 0,
  next_at timestamptz not null default now(),
  lease_until timestamptz,
  first_failed_at timestamptz,
  finished_at timestamptz,
  last_status smallint,
  last_error text,
  unique (activity_id, inbox)
) with (fillfactor = 50);                               -- taking a lease changes no index: room for it on the row's own page
create index deliveries_due on deliveries (next_at) where state = 'waiting';
create index deliveries_host on deliveries (host, next_at) where state = 'waiting';
-- The odd spelling gives this index a condition of its own: a query that says it so can use no other partial index of this table.
create index deliveries_order on deliveries (inbox, object_iri, id) where state || '' = 'waiting';

-- What we know of each host we talk to: health for the sender, signature scheme that worked, software.
create table hosts (
  host text primary key,
  software text,
  software_version text,
  software_checked_at timestamptz,
  signature_scheme text,                               -- cavage | rfc9421: what the host last accepted
  signature_scheme_at timestamptz,
  failures integer not null default 0,                 -- in a row
  failure_days date[] not null default '{}',
  open_until timestamptz,                              -- circuit open: no attempt before this
  asleep_since timestamptz,
  gone_at timestamptz,
  last_success_at timestamptz,
  last_failure_at timestamptz,
  last_error text,
  last_inbound_at timestamptz
);

create table domain_policies (
  host text primary key,                               -- canonical; also covers its sub-domains
  action text not null check (action in ('allow', 'limit', 'reject_media', 'block')),
  reason text not null default '',
  created_at timestamptz not null default now()
);

-- A host and the domains above it: a policy for one covers all below. Ports do not matter.
create function host_and_parents(host text) returns text[] language sql immutable parallel safe strict
  as $$ select array_agg(array_to_string(labels[place:], '.')) || host
    from (select string_to_array(split_part(host, ':', 1), '.') as labels) parts, generate_subscripts(labels, 1) place $$;

-- Claims due deliveries with a lease, a few per host, oldest first; a row waits while an earlier one for the same inbox and object
-- waits. A function because of its settings: whatever the statistics say, it walks deliveries_due in order and stops early, where
-- the planner, seeing an empty table a moment ago, would sort everything that waits.
create function claim_deliveries(at timestamptz, lease timestamptz, wanted integer, busy_hosts text[], per_host integer, probing_at integer, candidates integer)
  returns table (id bigint, activity_id bigint, actor_id bigint, inbox text, host text, attempts smallint, first_failed_at timestamptz, failures integer,
    signature_scheme text, signature_scheme_at timestamptz)
  language plpgsql
  set enable_sort = off set enable_bitmapscan = off set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off
as $$
#variable_conflict use_column
begin
  return query
  with due as (
    select d.id, d.host, d.next_at, coalesce(h.failures, 0) as failures, h.signature_scheme, h.signature_scheme_at
      from deliveries d left join hosts h on h.host = d.host
      where d.state = 'waiting' and d.next_at <= at and (d.lease_until is null or d.lease_until <= at)
        and d.host <> all(busy_hosts) and (h.open_until is null or h.open_until <= at)
        and not exists (
          select 1 from deliveries earlier
          where earlier.inbox = d.inbox and earlier.object_iri = d.object_iri and earlier.state || '' = 'waiting' and earlier.id < d.id
        )
      order by d.next_at limit candidates
  ), ranked as (
    select due.*, row_number() over (partition by due.host order by due.next_at, due.id) as place from due
  ), picked as (
    select d.id, r.failures, r.signature_scheme, r.signature_scheme_at
      from ranked r join deliveries d on d.id = r.id
      where r.place <= case when r.failures >= probing_at then 1 else per_host end
        and d.finished_at is null and (d.lease_until is null or d.lease_until <= at)
      order by r.next_at, d.id limit wanted
      for update of d skip locked
  )
  update deliveries d set lease_until = lease from picked p where d.id = p.id
  returning d.id, d.activity_id, d.actor_id, d.inbox, d.host, d.attempts, d.first_failed_at, p.failures, p.signature_scheme, p.signature_scheme_at;
end $$;

-- Every activity accepted from outside. A 202 means the row is committed; workers claim rows and apply them.
create table inbox_log (
  id bigint primary key,
  dedup_key bytea not null unique,                     -- federation.md R2
  iri text,
  type text not null,
  actor_iri text not null,                             -- who the activity says
  signer_iri text not null,                            -- who signed
  host text not null,
  recipient_id bigint,                                 -- personal inbox it came through; null for the shared one
  body text,                                           -- exact bytes received; dropped when old
  state text not null default 'waiting' check (state in ('waiting', 'done', 'dead')),
  outcome text,
  attempts smallint not null default 0,
  next_at timestamptz not null default now(),
  lease_until timestamptz,
  received_at timestamptz not null default now(),
  finished_at timestamptz
) with (fillfactor = 80);
create index inbox_log_due on inbox_log (next_at, id) where state = 'waiting';
create index inbox_log_old on inbox_log (received_at) where body is not null;
create index inbox_log_host on inbox_log (host, received_at);

-- Ids that were deleted, before or after we saw them: nothing comes back.
create table tombstones (
  iri text primary key,
  actor_iri text,
  former_type text,
  deleted_at timestamptz not null default now()
);

-- Undo that came before what it undoes.
create table early_undos (
  actor_iri text not null,
  type text not null,
  object_iri text not null,
  created_at timestamptz not null default now(),
  primary key (actor_iri, type, object_iri)
);

create table reports (
  id bigint primary key,
  reporter_id bigint references actors,
  target_id bigint not null references actors,
  object_iris text[] not null default '{}',
  comment text not null default '',
  iri text unique,
  state text not null default 'open',
  created_at timestamptz not null default now()
);

-- Named refusals and outcomes, counted per hour: nothing is dropped in silence.
create table counters (
  name text not null,
  hour timestamptz not null,
  count bigint not null default 0,
  primary key (name, hour)
);
