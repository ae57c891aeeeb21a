-- Functions of members ("treasurer", "élu"), with the days of a mandate, and rooms of a group in which only who holds a function proposes, amends
-- and votes. Why: a right follows from a function and ends with it, so it is judged when it is used; what a vote asks for stands with its rules.
-- Lock cost: new tables; votes gets a column without rewriting.

create table member_functions (
  group_id bigint not null,
  actor_id bigint not null,
  -- As people write it, and folded (no accents, no capitals): two spellings are one function.
  name text not null,
  key text not null,
  since date,
  until date,
  primary key (group_id, actor_id, key),
  foreign key (group_id, actor_id) references memberships (group_id, actor_id) on delete cascade,
  check (since is null or until is null or since <= until)
);
create index member_functions_key on member_functions (group_id, key, actor_id);
create index member_functions_actor on member_functions (actor_id);

create table rooms (
  id bigint primary key,
  group_id bigint not null references actors on delete cascade,
  name text not null,
  topic text not null default '',
  -- Who proposes, amends and votes there; none: every member. As written, and folded.
  functions text[] not null default '{}',
  function_keys text[] not null default '{}',
  archived_at timestamptz,
  created_by bigint references actors on delete set null,
  created_at timestamptz not null,
  check (cardinality(functions) = cardinality(function_keys))
);
create index rooms_group on rooms (group_id, id);
create index rooms_creator on rooms (created_by) where created_by is not null;

-- Proposals and votes of a room.
create table room_items (
  object_id bigint primary key references objects on delete cascade,
  room_id bigint not null references rooms on delete cascade
);
create index room_items_room on room_items (room_id, object_id desc);

-- Electors by function: the folded names stand with the other rules and never change.
alter table votes add column functions text[] not null default '{}';
alter table votes drop constraint votes_electorate_check;
alter table votes add constraint votes_electorate_check
  check (electorate in ('members', 'residents', 'verified_residents', 'role', 'functions', 'list', 'accounts')) not valid;
alter table votes validate constraint votes_electorate_check;
