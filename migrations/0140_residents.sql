-- Residents. Why: ideas count their backers and votes their electorate by who lives here, declared or verified; one record serves both. Lock
-- cost: a new table only.
create table residents (
  actor_id bigint primary key references actors on delete cascade,
  declared_at timestamptz not null,
  verified_at timestamptz,
  verified_by bigint references actors on delete set null
);
comment on table residents is 'People who live in the commune: declared by themselves, verified by the town hall';
