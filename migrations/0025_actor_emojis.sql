-- Custom emoji of foreign actors in a column of their own. Why: names with emoji are drawn in every list, and lists do not read `doc`.
-- Lock cost: a constant default needs no rewrite; the update touches only actors whose document names an emoji.
alter table actors add column emojis jsonb not null default '[]';
update actors set emojis = (
    select coalesce(jsonb_agg(jsonb_build_object('name', tag->>'name', 'icon', tag->'icon'->>'url')), '[]')
    from jsonb_array_elements(doc->'tag') as tag where tag->>'name' is not null and tag->'icon'->>'url' is not null
  ), doc = doc - 'tag'
  where not local and jsonb_typeof(doc->'tag') = 'array';
