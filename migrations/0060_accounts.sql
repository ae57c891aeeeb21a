-- Archives that cannot be made are given up after some tries; sign-ups with an address that has an account already leave their name and
-- password behind, so that what follows (another sign-up, a log-in) tells nobody that there is one (security.md W06).
-- Lock cost: a column with a constant default, so no rewrite; the new table is empty.

-- Approved by the commune while the address is still to be confirmed: confirming opens the account.
alter table accounts add column approved_at timestamptz;
alter table exports add column attempts smallint not null default 0;

create table sign_up_decoys (
  username text primary key,                           -- lower case: taken for a while, as by an unconfirmed sign-up
  email text not null,
  password_hash text not null,
  created_at timestamptz not null default now()
);
create index sign_up_decoys_email on sign_up_decoys (lower(email));
create index sign_up_decoys_old on sign_up_decoys (created_at);
