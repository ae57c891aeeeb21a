-- People who come without an account, by an address they proved; who comes with whom; questions of the organiser and their answers; codes at the
-- door; messages to all who come; and what one wants to know before coming (price, access, children, whom to ask). Why: a village fête is
-- not only for those who have an account. Seats are counted, no longer rows. Lock cost: columns with constant defaults; the checks of
-- participations are looked at row by row.

alter table participations alter column actor_id drop not null;
alter table participations
  add column guest_name text,
  add column guest_email text,
  add column guest_locale text,
  -- The person and who comes along.
  add column seats smallint not null default 1 check (seats between 1 and 10),
  add column answers jsonb,                            -- by the question's id
  add column code text,                                -- said at the door; from the moment they are accepted
  add column checked_in_at timestamptz,
  -- After the event the address goes, the seat stays counted.
  add constraint participations_who check (actor_id is null or guest_email is null),
  drop constraint participations_state_check,
  -- unconfirmed: a guest who has not opened the mail yet.
  add constraint participations_state_check check (state in ('unconfirmed', 'pending', 'accepted', 'interested', 'refused', 'left'));
create unique index participations_guest on participations (object_id, guest_email) where guest_email is not null;
create index participations_code on participations (object_id, code) where code is not null;
create index participations_unconfirmed on participations (created_at) where state = 'unconfirmed';

create or replace function count_participations() returns trigger language plpgsql as $$
begin
  if tg_op <> 'INSERT' and old.state in ('accepted', 'pending') then
    update events set participants = participants - case when old.state = 'accepted' then old.seats else 0 end,
      requests = requests - (old.state = 'pending')::integer
      where object_id = old.object_id and local;
  end if;
  if tg_op <> 'DELETE' and new.state in ('accepted', 'pending') then
    update events set participants = participants + case when new.state = 'accepted' then new.seats else 0 end,
      requests = requests + (new.state = 'pending')::integer
      where object_id = new.object_id and local;
  end if;
  return null;
end $$;
drop trigger participations_count on participations;
create trigger participations_count after insert or update of state, seats or delete on participations
  for each row execute function count_participations();

alter table events
  add column guests boolean not null default false,    -- who has no account registers by e-mail
  add column seats_each smallint not null default 1 check (seats_each between 1 and 10),
  add column questions jsonb not null default '[]',
  add column check_in boolean not null default false,  -- who comes gets a code
  add column price numeric(8, 2) check (price >= 0),   -- null: nobody said; 0: free
  add column price_note text,
  add column accessibility text[] not null default '{}',
  add column for_children boolean not null default false,
  add column contact text;

create table event_messages (
  id bigint primary key,
  object_id bigint not null references objects on delete cascade,
  author_id bigint not null references actors on delete cascade,
  content text not null,
  -- accepted: who comes; all: who asks to, too.
  audience text not null check (audience in ('accepted', 'all')),
  sent_through bigint not null default 0,              -- participations up to this one have it
  sent integer not null default 0,
  created_at timestamptz not null,
  finished_at timestamptz
);
create index event_messages_object on event_messages (object_id, id);
