-- More lists may be brought from elsewhere, and the report says which lines came to nothing.
-- Lock cost: a short exclusive lock on imports, a small table; the new column has a constant default.
alter table imports drop constraint imports_kind_check;
alter table imports add constraint imports_kind_check
  check (kind in ('follows', 'blocks', 'mutes', 'domains', 'bookmarks', 'lists', 'tags'));
alter table imports add column failures text[] not null default '{}';   -- the first hundred
