-- Rides to an event: an answer to it that says how many seats, from where and when. Why: villages have no bus. Lock cost: one new table.
create table carpools (
  object_id bigint primary key references objects on delete cascade,
  event_id bigint not null references objects on delete cascade,
  kind text not null check (kind in ('offer', 'need')),
  seats smallint not null check (seats between 1 and 8),
  departure text not null,                             -- where from, in words
  leaves text not null,                                -- when, in words: "13 h 30"
  settled boolean not null default false,              -- the car is full, the seat is found
  created_at timestamptz not null
);
create index carpools_event on carpools (event_id, object_id);
