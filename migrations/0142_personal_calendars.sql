-- The calendar of one person, under an address that is its own key. Why: calendar programs cannot log in. Only a keyed hash of the secret is
-- kept; one row a person, so that a new address ends the old one. Lock cost: none, the table is new.
create table personal_calendars (
  account_id bigint primary key references accounts on delete cascade,
  token_hash bytea not null unique,
  created_at timestamptz not null
);
comment on table personal_calendars is 'Secret addresses of calendars: who reads one sees what its owner takes part in';
