-- People choose a quarter and no longer its name. Why: a name that was changed lost what everybody had chosen. Lock cost: a column without
-- rewriting, and two small partial indexes over what people say of themselves.

alter table profile_details add column neighbourhood_id bigint references neighbourhoods;
comment on column profile_details.neighbourhood_id is 'The quarter chosen; value is its name then. Null: the words are the person''s own';
update profile_details d set neighbourhood_id = n.id, value = n.name from neighbourhoods n
  where d.field = 'neighbourhood' and lower(d.value) = lower(n.name);
alter table profile_details add check (neighbourhood_id is null or field = 'neighbourhood');
create index profile_details_neighbourhood on profile_details (neighbourhood_id) where neighbourhood_id is not null;
-- Who had written the name of a quarter before there was one has chosen it when there is.
create index profile_details_quarter_words on profile_details (lower(value)) where field = 'neighbourhood' and neighbourhood_id is null;
