-- What was told by mail: up to which notification, when last, and for which week the news of the commune went out.
-- Why: a flood makes one mail, and nothing is told twice, whatever is killed. Lock cost: constant defaults, so no rewrite.

alter table accounts
  add column mailed_notice_id bigint not null default 0,
  add column notices_mailed_at timestamptz,
  add column digest_week text;
create index accounts_weekly on accounts (id) where (preferences ->> 'weekly')::boolean;
