-- What people say about themselves with a choice of who reads it, the neighbourhoods of the commune, and who sees whom one follows.
-- Why: only what is public may stand in actors.fields, which travels everywhere. Lock cost: new tables; a constant default, so no rewrite.

create table profile_details (
  actor_id bigint not null references actors on delete cascade,
  field text not null check (field in ('neighbourhood', 'town', 'phone', 'email', 'birthdate', 'skills')),
  value text not null,
  audience text not null check (audience in ('public', 'local', 'known', 'nobody')),
  primary key (actor_id, field)
);

-- As administrators name them; the territory's level below the commune.
create table neighbourhoods (
  id bigint primary key,
  name text not null,
  position integer not null
);
create unique index neighbourhoods_name on neighbourhoods (lower(name));

alter table actors add column hide_collections boolean not null default false;
