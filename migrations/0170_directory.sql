-- The directory: where somebody or something is, what it does, how to reach it; cards nobody answers for yet; changes others suggest; the
-- contour of the commune. Why: the map and the directory read one row an entry, by theme, words and position. Lock cost: new tables, and a
-- row for each group there is.

-- One row an entry: every group, organization, project, service and place of this instance; people who want to be listed.
create table directory_cards (
  actor_id bigint primary key references actors on delete cascade,
  -- People are listed when they say so; everything else unless its owners say otherwise.
  listed boolean not null default true,
  org_type text check (org_type in ('association', 'business', 'informal', 'public')),
  siret text check (siret ~ '^[0-9]{14}$'),
  rna text check (rna ~ '^W[0-9A-Z]{9}$'),
  themes text[] not null default '{}',
  skills text[] not null default '{}',
  street text not null default '',
  postal_code text not null default '',
  locality text not null default '',
  latitude double precision check (latitude between -90 and 90),
  longitude double precision check (longitude between -180 and 180),
  precision text not null default 'exact' check (precision in ('exact', 'street', 'commune', 'hidden')),
  -- What others see of the position: a street is a point within some hundred metres.
  shown_latitude double precision generated always as (case precision when 'exact' then latitude
    when 'street' then round(latitude::numeric, 3)::double precision end) stored,
  shown_longitude double precision generated always as (case precision when 'exact' then longitude
    when 'street' then round(longitude::numeric, 3)::double precision end) stored,
  phone text not null default '',
  email text not null default '',
  website text not null default '',
  -- {mo: [["09:00", "12:00"]], …}: schema.org's days.
  hours jsonb not null default '{}' check (jsonb_typeof(hours) = 'object'),
  accessibility text[] not null default '{}',
  state text not null default 'claimed' check (state in ('unclaimed', 'claimed', 'verified')),
  -- Where an imported card comes from, and its key there: the same line twice is one card.
  source text,
  source_key text,
  confirmed_at timestamptz not null,
  updated_at timestamptz not null,
  -- Kept by triggers from the actor's name, description and this row.
  words tsvector,
  sort_name text not null default '',
  check ((latitude is null) = (longitude is null)),
  unique (source, source_key)
);
comment on table directory_cards is 'What the directory and the map show of an actor of this instance';
comment on column directory_cards.confirmed_at is 'When somebody last said that it is still right; a year later it is asked again';
create index directory_cards_words on directory_cards using gin (words) with (fastupdate = off) where listed;
create index directory_cards_themes on directory_cards using gin (themes) where listed;
create index directory_cards_position on directory_cards using gist (point(shown_longitude, shown_latitude))
  where listed and shown_latitude is not null;
create index directory_cards_names on directory_cards (sort_name, actor_id) where listed;
create index directory_cards_stale on directory_cards (confirmed_at) where listed;

-- Name, description and what the card says, found like everything else (migration 0120).
create function directory_words(card directory_cards) returns tsvector language sql stable as $$
  select setweight(to_tsvector('public.communer'::regconfig, search_fold(a.name || ' ' || a.username)), 'A')
    || to_tsvector('public.communer'::regconfig, search_fold(left(regexp_replace(a.summary, '<[^>]+>', ' ', 'g'), 5000) || ' '
      || array_to_string(card.skills, ' ') || ' ' || card.street || ' ' || card.locality))
  from actors a where a.id = card.actor_id $$;
create function directory_cards_words() returns trigger language plpgsql as $$
begin
  new.words := directory_words(new);
  select left(f_unaccent(coalesce(nullif(btrim(a.name), ''), a.username)), 200) into new.sort_name from actors a where a.id = new.actor_id;
  return new;
end $$;
create trigger directory_cards_words before insert or update on directory_cards for each row execute function directory_cards_words();
create function actors_directory_words() returns trigger language plpgsql as $$
begin
  update directory_cards set updated_at = updated_at where actor_id = new.id;
  return null;
end $$;
create trigger actors_directory_words after update of name, summary, username on actors for each row
  when (new.local and (new.name, new.summary, new.username) is distinct from (old.name, old.summary, old.username))
  execute function actors_directory_words();

-- Every group has its card from the first moment.
create function groups_directory_card() returns trigger language plpgsql as $$
begin
  insert into directory_cards (actor_id, confirmed_at, updated_at) values (new.actor_id, new.created_at, new.created_at)
    on conflict do nothing;
  return null;
end $$;
create trigger groups_directory_card after insert on groups for each row execute function groups_directory_card();
insert into directory_cards (actor_id, confirmed_at, updated_at) select actor_id, created_at, created_at from groups;

-- A change somebody else suggests; whoever looks after the card takes it over or leaves it.
create table card_suggestions (
  id bigint primary key,
  actor_id bigint not null references directory_cards on delete cascade,
  author_id bigint not null references actors on delete cascade,
  changes jsonb not null,
  note text not null default '',
  created_at timestamptz not null,
  unique (actor_id, author_id)
);
create index card_suggestions_author on card_suggestions (author_id);

-- Who says: this card is mine.
create table card_claims (
  actor_id bigint not null references directory_cards on delete cascade,
  claimant_id bigint not null references actors on delete cascade,
  proof text not null default '',
  created_at timestamptz not null,
  primary key (actor_id, claimant_id)
);
create index card_claims_claimant on card_claims (claimant_id);

-- Contours of the commune and its quarters, as GeoJSON.
create table contours (
  code text primary key,
  name text not null,
  geometry jsonb not null check (geometry ->> 'type' in ('Polygon', 'MultiPolygon')),
  updated_at timestamptz not null
);
