-- Web Push: where a device wants to hear of notifications. One subscription a token, gone with it. Why: apps and the web app are told when
-- they are closed. Lock cost: a new table.

create table push_subscriptions (
  id bigint primary key,
  actor_id bigint not null references actors on delete cascade,
  token_id bigint not null unique references tokens on delete cascade,
  endpoint text not null,
  p256dh text not null,                                -- the device's public key, base64url
  auth text not null,                                  -- its secret for this subscription, base64url
  standard boolean not null default false,             -- RFC 8291 (aes128gcm); else the draft older apps read
  alerts text[] not null default '{}',                 -- types of notifications
  policy text not null default 'all' check (policy in ('all', 'followed', 'follower', 'none')),
  created_at timestamptz not null default now()
);
create index push_subscriptions_actor on push_subscriptions (actor_id);
