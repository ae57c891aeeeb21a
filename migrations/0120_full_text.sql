-- Finding posts, events and whatever has words, by French full text. Why: the search read the 2,000 newest public objects one by one and
-- knew nothing older. Lock cost: builds one index over the public objects (about a minute per million, during which nothing is written)
-- and a small one over the actors of this server.

-- Accents and capitals do not count, nor endings ("réparer" finds "réparations"); addresses and markup are no words.
create text search configuration communer (copy = pg_catalog.french);
alter text search configuration communer alter mapping for hword, hword_part, word with public.unaccent, french_stem;
alter text search configuration communer drop mapping for url, url_path, host, file, email;

-- Without accents, and without the plural of what ends in a, i, o or u, which the French stemmer leaves ("velos"). For texts and for what is asked.
create function search_fold(value text) returns text language sql immutable parallel safe strict
  as $$ select regexp_replace(public.f_unaccent(value), '([a-z0-9]{3,}[aiou])s\y', '\1', 'g') $$;

-- The words of an object: its name, warning, text, place and the descriptions of its images. Bounded, because a tsvector of more than
-- a megabyte is an error, and that would refuse the post.
create function search_words(name text, summary text, html text, place jsonb, attachments jsonb) returns tsvector
  language sql immutable parallel safe
  as $$ select to_tsvector('public.communer'::regconfig, public.search_fold(left(coalesce(name, ''), 2000) || ' ' || left(coalesce(summary, ''), 2000)
    || ' ' || left(html, 100000) || ' ' || left(coalesce(place ->> 'name', ''), 500)
    || ' ' || left(coalesce(replace(jsonb_path_query_array(attachments, '$[*].name')::text, '\n', ' '), ''), 20000))) $$;

-- New words wait in a short list, so that writing a post is an append; the list is short because each search reads it whole.
create index objects_words on objects using gin (search_words(name, summary, content_html, place, attachments))
  with (gin_pending_list_limit = 512)
  where visibility = 'public' and deleted_at is null and reblog_of_id is null;

-- Names of here written with a mistake: few rows, so that likeness stays cheap.
create index actors_alike on actors using gin (f_unaccent(username || ' ' || name) gin_trgm_ops) where local and deleted_at is null;
