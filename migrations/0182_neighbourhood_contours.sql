-- A quarter may have a contour, and what lies inside is of it: events and ideas, and cards of the directory as others see them. Why: "what
-- happens in my quarter" is asked by an id with an index, never by geometry. Lock cost: a table of some rows is rewritten; two columns
-- without rewriting; two partial indexes over objects, empty at first (one reading of the table, during which nothing is written to it).

-- Of a GeoJSON Polygon or MultiPolygon: all rings, outer ones and holes alike. A position inside an odd number of them is inside.
create function contour_rings(contour jsonb) returns polygon[] language sql immutable strict as $$
  select array_agg(('(' || (select string_agg('(' || (p.at ->> 0) || ',' || (p.at ->> 1) || ')', ',' order by p.n)
      from jsonb_array_elements(ring) with ordinality as p(at, n)) || ')')::polygon)
  from jsonb_array_elements(case contour ->> 'type' when 'Polygon' then jsonb_build_array(contour -> 'coordinates')
    else contour -> 'coordinates' end) as area, jsonb_array_elements(area) as ring $$;
-- The box around them: most positions are told apart by it.
create function contour_box(contour jsonb) returns box language sql immutable strict as $$
  select box(point(min((at ->> 0)::float8), min((at ->> 1)::float8)), point(max((at ->> 0)::float8), max((at ->> 1)::float8)))
  from jsonb_array_elements(case contour ->> 'type' when 'Polygon' then jsonb_build_array(contour -> 'coordinates')
    else contour -> 'coordinates' end) as area, jsonb_array_elements(area) as ring, jsonb_array_elements(ring) as at $$;

alter table neighbourhoods add column contour jsonb check (contour ->> 'type' in ('Polygon', 'MultiPolygon')),
  add column rings polygon[] generated always as (contour_rings(contour)) stored,
  add column area box generated always as (contour_box(contour)) stored;

-- The quarter a position is in; where contours overlap, the first in the list.
create function neighbourhood_at(latitude double precision, longitude double precision) returns bigint language sql stable strict as $$
  select n.id from neighbourhoods n where n.area @> point(longitude, latitude)
    and (select count(*) from unnest(n.rings) as ring where ring @> point(longitude, latitude)) % 2 = 1
  order by n.position, n.id limit 1 $$;

-- No foreign key: objects are written too often for a question that nearly none of them has. Whoever removes a quarter leaves a chore.
alter table objects add column neighbourhood_id bigint;
comment on column objects.neighbourhood_id is 'The quarter its position is in: kept by triggers, and by a chore when contours change';
create index objects_neighbourhood on objects (neighbourhood_id, id desc) where neighbourhood_id is not null;
create index objects_neighbourhood_agenda on objects (neighbourhood_id, start_time, id)
  where neighbourhood_id is not null and type = 'Event' and deleted_at is null;
create function objects_neighbourhood() returns trigger language plpgsql as $$
begin
  new.neighbourhood_id := neighbourhood_at(new.latitude, new.longitude);
  return new;
end $$;
create trigger objects_neighbourhood before insert on objects for each row
  when (new.latitude is not null) execute function objects_neighbourhood();
create trigger objects_neighbourhood_moved before update of latitude, longitude on objects for each row
  when ((new.latitude, new.longitude) is distinct from (old.latitude, old.longitude)) execute function objects_neighbourhood();

-- Of what others see: a card that says no more than the commune is of no quarter.
alter table directory_cards add column neighbourhood_id bigint;
create index directory_cards_neighbourhood on directory_cards (neighbourhood_id, sort_name, actor_id)
  where listed and neighbourhood_id is not null;
create function directory_cards_neighbourhood() returns trigger language plpgsql as $$
begin
  -- As shown_latitude and shown_longitude will be: generated columns are not there yet.
  new.neighbourhood_id := case new.precision
    when 'exact' then neighbourhood_at(new.latitude, new.longitude)
    when 'street' then neighbourhood_at(round(new.latitude::numeric, 3)::float8, round(new.longitude::numeric, 3)::float8) end;
  return new;
end $$;
create trigger directory_cards_neighbourhood before insert or update of latitude, longitude, precision on directory_cards
  for each row execute function directory_cards_neighbourhood();
