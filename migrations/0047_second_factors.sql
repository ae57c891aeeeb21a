-- Second factors: one-time codes (TOTP, RFC 6238) with recovery codes, passkeys (WebAuthn), and the tickets between the steps of a log-in.
-- Why: a password alone opens too much. Lock cost: none, the tables are new.

create table totp (
  account_id bigint primary key references accounts on delete cascade,
  sealed bytea not null,                               -- the secret, sealed as private keys are
  confirmed_at timestamptz,                            -- null: shown, but no code was given yet
  last_step bigint not null default 0                  -- the period of the last code taken: a code works once
);

create table recovery_codes (
  account_id bigint not null references accounts on delete cascade,
  code_hash bytea not null,
  primary key (account_id, code_hash)                  -- a used one is deleted
);

create table passkeys (
  id bigint primary key,
  account_id bigint not null references accounts on delete cascade,
  credential_id text not null unique,                  -- base64url, as browsers send it
  public_key bytea not null,
  counter bigint not null default 0,
  transports text[] not null default '{}',
  name text not null,
  created_at timestamptz not null default now(),
  used_at timestamptz
);
create index passkeys_account on passkeys (account_id);

-- Wrong codes in a row, whichever way they came: guessing stops here.
create table code_failures (
  account_id bigint primary key references accounts on delete cascade,
  failures smallint not null default 0,
  locked_until timestamptz
);

create table login_tickets (
  ticket_hash bytea primary key,
  purpose text not null check (purpose in ('second-step', 'passkey-login', 'passkey-register')),
  account_id bigint references accounts on delete cascade,
  challenge text,
  expires_at timestamptz not null
);
create index login_tickets_expired on login_tickets (expires_at);
create index login_tickets_account on login_tickets (account_id);
