-- Making the words of an object takes as long as a thousand comparisons, and the planner is told so. Why: it took the function for cheap, and for
-- a word that stands nowhere it read back through all objects, a second per hundred thousand, instead of asking the index. The cost of a
-- function counts only where its body is not put in its place, hence plpgsql; what it gives is the same, so the indexes stay as they are.
-- Lock cost: none.
create or replace function search_words(name text, summary text, html text, place jsonb, attachments jsonb) returns tsvector
  language plpgsql immutable parallel safe cost 1000
  as $$ begin
    return to_tsvector('public.communer'::regconfig, public.search_fold(left(coalesce(name, ''), 2000) || ' ' || left(coalesce(summary, ''), 2000)
      || ' ' || left(html, 100000) || ' ' || left(coalesce(place ->> 'name', ''), 500)
      || ' ' || left(coalesce(replace(jsonb_path_query_array(attachments, '$[*].name')::text, '\n', ' '), ''), 20000)));
  end $$;
