-- Cards of the directory that look like the same: found when a card is written, shown to the town hall, answered once. Why: importers and
-- people write the same association twice. Lock cost: a new table and indexes on directory_cards; one probe a card there is.

create index directory_cards_siret on directory_cards (siret) where siret is not null;
create index directory_cards_rna on directory_cards (rna) where rna is not null;
create index directory_cards_alike on directory_cards using gin (sort_name gin_trgm_ops) with (fastupdate = off) where listed;

create table card_twins (
  low_id bigint not null references directory_cards on delete cascade,
  high_id bigint not null references directory_cards on delete cascade,
  why text not null check (why in ('siret', 'rna', 'near', 'address', 'name')),
  state text not null default 'open' check (state in ('open', 'different', 'merged')),
  -- Who answered, when, and which card was kept.
  kept_id bigint references actors on delete set null,
  by_id bigint references actors on delete set null,
  answered_at timestamptz,
  primary key (low_id, high_id),
  check (low_id < high_id)
);
comment on table card_twins is 'Pairs of cards that look like the same, and what the town hall said of them';
create index card_twins_high on card_twins (high_id);
create index card_twins_open on card_twins (low_id, high_id) where state = 'open';
create index card_twins_kept on card_twins (kept_id) where kept_id is not null;
create index card_twins_by on card_twins (by_id) where by_id is not null;

-- Metres between two points, near each other: as on a plane.
create function metres_between(latitude float8, longitude float8, other_latitude float8, other_longitude float8) returns float8
  language sql immutable parallel safe as $$
  select 111320 * sqrt(power(latitude - other_latitude, 2)
    + power((longitude - other_longitude) * cos(radians((latitude + other_latitude) / 2)), 2)) $$;

-- Why the other is perhaps the same; null when it is not. Plan: one of the three indexes for each arm of the union below.
create function card_twin_reason(card directory_cards, other directory_cards) returns text language sql immutable as $$
  select case
    when card.siret = other.siret then 'siret'
    when card.rna = other.rna then 'rna'
    -- Each has a number of its own: they are not the same, whatever they are called.
    when card.siret <> other.siret or card.rna <> other.rna then null
    when similarity(card.sort_name, other.sort_name) < 0.5 then null
    when metres_between(card.latitude, card.longitude, other.latitude, other.longitude) <= 300 then 'near'
    when card.street <> '' and f_unaccent(card.street || ' ' || card.locality) = f_unaccent(other.street || ' ' || other.locality) then 'address'
    when similarity(card.sort_name, other.sort_name) >= 0.75 and card.locality <> '' and f_unaccent(card.locality) = f_unaccent(other.locality)
      then 'name'
  end $$;

-- Of one card: pairs nobody answered are found anew. People's cards are people's, and the commune is one.
create function find_card_twins(card directory_cards) returns void language plpgsql as $$
begin
  delete from card_twins where state = 'open' and low_id = card.actor_id;
  delete from card_twins where state = 'open' and high_id = card.actor_id;
  if not card.listed or (select a.type <> 'Group' or a.kind = 'commune' from actors a where a.id = card.actor_id) then return; end if;
  insert into card_twins (low_id, high_id, why)
    select least(card.actor_id, other.actor_id), greatest(card.actor_id, other.actor_id), card_twin_reason(card, other) as why
    from directory_cards other
    join actors a on a.id = other.actor_id and a.type = 'Group' and a.kind is distinct from 'commune' and a.deleted_at is null
      and a.moved_to_id is null
    where other.listed and other.actor_id <> card.actor_id and other.actor_id in (
        select d.actor_id from directory_cards d where d.siret = card.siret
        union select d.actor_id from directory_cards d where d.rna = card.rna
        union select d.actor_id from directory_cards d where d.listed and d.sort_name % card.sort_name)
      and card_twin_reason(card, other) is not null
    order by 1, 2
    on conflict do nothing;
end $$;

create function directory_cards_twins() returns trigger language plpgsql as $$
begin
  perform find_card_twins(new);
  return null;
end $$;
create trigger directory_cards_twins after insert on directory_cards for each row execute function directory_cards_twins();
create trigger directory_cards_twins_again after update on directory_cards for each row
  when ((new.listed, new.siret, new.rna, new.sort_name, new.street, new.locality, new.latitude, new.longitude)
    is distinct from (old.listed, old.siret, old.rna, old.sort_name, old.street, old.locality, old.latitude, old.longitude))
  execute function directory_cards_twins();

do $$
declare card directory_cards;
begin
  for card in select * from directory_cards where listed loop
    perform find_card_twins(card);
  end loop;
end $$;
