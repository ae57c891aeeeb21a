-- What the pages say that posts link to, and which post shows which. Why: link previews. A page is read once for all posts that link to
-- it. Lock cost: new tables; one trigger on objects.

create table preview_cards (
  id bigint primary key,
  url text not null unique,
  host text not null,
  fetched_at timestamptz,                              -- null: not read yet
  title text,                                          -- null: it could not be read, or says nothing
  description text not null default '',
  author_name text not null default '',
  provider_name text not null default '',
  image_url text,
  image_description text not null default '',
  image_width integer not null default 0,
  image_height integer not null default 0,
  language text,
  published_at timestamptz,
  target_id bigint references objects on delete set null, -- a post we know: shown from its own row
  created_at timestamptz not null default now()
);
-- How often a server was asked lately.
create index preview_cards_asked on preview_cards (host, fetched_at);
create index preview_cards_target on preview_cards (target_id) where target_id is not null;

create table object_cards (
  object_id bigint primary key references objects on delete cascade,
  card_id bigint not null references preview_cards on delete cascade
);
create index object_cards_card on object_cards (card_id);

-- A post that is gone links to nothing; a page nobody links to is forgotten.
create function forget_object_card() returns trigger language plpgsql as $$
begin
  delete from object_cards where object_id = new.id;
  return null;
end $$;
create trigger objects_unlinked after update of deleted_at on objects for each row
  when (old.deleted_at is null and new.deleted_at is not null) execute function forget_object_card();

create function forget_unlinked_card() returns trigger language plpgsql as $$
begin
  delete from preview_cards c where c.id = old.card_id and not exists (select 1 from object_cards o where o.card_id = c.id);
  return null;
end $$;
create trigger object_cards_gone after delete or update of card_id on object_cards for each row execute function forget_unlinked_card();
