-- Finding what is for this instance alone by its words. Why: its people see these posts, and could not find them again.
-- Lock cost: builds two small indexes over the posts for this instance alone.
create index objects_words_commune on objects using gin (search_words(name, summary, content_html, place, attachments))
  with (gin_pending_list_limit = 512)
  where visibility = 'local' and deleted_at is null and reblog_of_id is null;

-- The newest of them, for words that stand in most.
create index objects_commune_only on objects (id desc) where visibility = 'local' and deleted_at is null and reblog_of_id is null;
