-- Quotes with their permission (FEP-044f), reactions with an emoji, and votes against. Why: a quote is shown only when the quoted author
-- agrees, and what others say with a picture or a thumb down is kept as what it is. Lock cost: the new columns have no default to write
-- but for object_stats, whose constant default needs no rewrite; the update touches our own open posts once.

-- Who may quote it: public, followers, nobody, manual (the author is asked); null when its server does not say.
alter table objects add column quote_policy text;
update objects set quote_policy = case when visibility in ('public', 'unlisted') then 'public' else 'nobody' end
  where local and reblog_of_id is null;

create table quotes (
  quote_iri text primary key,                          -- the post that quotes
  quote_id bigint references objects on delete cascade, -- null while we do not hold it
  quoted_iri text not null,
  quoted_id bigint references objects on delete cascade,
  state text not null check (state in ('pending', 'accepted', 'rejected', 'revoked')),
  stamp_iri text,                                      -- QuoteAuthorization: made here, or by the quoted author's server
  request_iri text,                                    -- id of the QuoteRequest
  created_at timestamptz not null default now()
);
create unique index quotes_quote on quotes (quote_id) where quote_id is not null;
create unique index quotes_stamp on quotes (stamp_iri) where stamp_iri is not null;
create index quotes_request on quotes (request_iri) where request_iri is not null;
create index quotes_quoted on quotes (quoted_id, quote_id desc) where quoted_id is not null;

create table reactions (
  id bigint primary key,
  iri text not null unique,
  actor_id bigint not null references actors on delete cascade,
  object_id bigint not null references objects on delete cascade,
  emoji text not null,                                 -- one emoji, or :shortcode: of a custom one
  icon text,                                           -- image of a custom emoji
  created_at timestamptz not null default now(),
  unique (object_id, actor_id, emoji)
);
create index reactions_actor on reactions (actor_id);

create table dislikes (
  id bigint primary key,
  iri text not null unique,
  actor_id bigint not null references actors on delete cascade,
  object_id bigint not null references objects on delete cascade,
  created_at timestamptz not null default now(),
  unique (object_id, actor_id)
);
create index dislikes_actor on dislikes (actor_id);

alter table object_stats add column dislikes integer not null default 0;
create function count_dislikes() returns trigger language plpgsql as $$
begin
  if tg_op = 'INSERT' then
    insert into object_stats (object_id, dislikes) values (new.object_id, 1)
      on conflict (object_id) do update set dislikes = object_stats.dislikes + 1;
  else
    update object_stats set dislikes = greatest(dislikes - 1, 0) where object_id = old.object_id;
  end if;
  return null;
end $$;
create trigger dislikes_stats after insert or delete on dislikes for each row execute function count_dislikes();
