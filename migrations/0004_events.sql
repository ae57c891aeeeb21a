-- Events people take part in: how one joins, how many may, who comes, who was invited. Why: answers to Join need a state that both sides
-- can ask for later, and seats need one row to lock. Backfill: one row per stored event. Lock cost: a scan of `objects` without a lock on it.

create table events (
  object_id bigint primary key references objects on delete cascade,
  local boolean not null,
  -- none: nobody registers here (what servers without registrations send, and what an organiser may choose).
  join_mode text not null default 'none' check (join_mode in ('free', 'restricted', 'external', 'invite', 'none')),
  external_url text,
  capacity integer check (capacity > 0),               -- null: as many as come
  -- Accepted participations of ours, by trigger; for events of elsewhere what their server says.
  participants integer not null default 0,
  requests integer not null default 0,                 -- pending ones of ours, by trigger
  moved_from timestamptz                               -- start before the last change of date
);

create table participations (
  id bigint primary key,
  object_id bigint not null references objects on delete cascade,
  actor_id bigint not null references actors on delete cascade,
  -- interested: in one's own agenda, without a seat. refused: by the organiser. left: by oneself.
  state text not null check (state in ('pending', 'accepted', 'interested', 'refused', 'left')),
  named boolean not null default false,                -- the person lets their name be shown among the participants
  message text not null default '',
  iri text unique,                                     -- id of the Join; null between people of this instance
  created_at timestamptz not null,
  answered_at timestamptz,
  unique (object_id, actor_id)
);
create index participations_list on participations (object_id, state, id);
create index participations_actor on participations (actor_id, state, object_id);

create table event_invitations (
  id bigint primary key,
  object_id bigint not null references objects on delete cascade,
  inviter_id bigint not null references actors on delete cascade,
  invitee_id bigint not null references actors on delete cascade,
  state text not null default 'pending' check (state in ('pending', 'accepted', 'declined')),
  iri text unique,                                     -- id of the Invite; null between people of this instance
  created_at timestamptz not null,
  answered_at timestamptz,
  unique (object_id, invitee_id)
);
create index event_invitations_invitee on event_invitations (invitee_id, state);

-- Counters follow their rows whoever writes them. The row of the event is locked by it: whoever takes a seat takes that lock first.
create function count_participations() returns trigger language plpgsql as $$
begin
  if tg_op <> 'INSERT' and old.state in ('accepted', 'pending') then
    update events set participants = participants - (old.state = 'accepted')::integer, requests = requests - (old.state = 'pending')::integer
      where object_id = old.object_id and local;
  end if;
  if tg_op <> 'DELETE' and new.state in ('accepted', 'pending') then
    update events set participants = participants + (new.state = 'accepted')::integer, requests = requests + (new.state = 'pending')::integer
      where object_id = new.object_id and local;
  end if;
  return null;
end $$;
create trigger participations_count after insert or update of state or delete on participations
  for each row execute function count_participations();

-- Ours have always said that everybody may join.
insert into events (object_id, local, join_mode, external_url, participants)
  select id, local,
    case when local then 'free' when doc ->> 'joinMode' in ('free', 'restricted', 'external', 'invite') then doc ->> 'joinMode' else 'none' end,
    case when not local and doc ->> 'externalParticipationUrl' ~ '^https?://[^[:space:]]{1,2000}$' then doc ->> 'externalParticipationUrl' end,
    case when not local and jsonb_typeof(doc -> 'participantCount') = 'number'
      then least(greatest((doc ->> 'participantCount')::numeric, 0), 1000000)::integer else 0 end
  from objects where type = 'Event' and deleted_at is null;
