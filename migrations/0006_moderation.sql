-- Moderation: what policies carry beside their action, one's own blocked servers, reports, decisions with their reasons, moves of accounts.
-- Why: the tables of 0001 had the bare minimum. Lock cost: columns with constant defaults and small tables; one pass over `actors`.

-- The columns of a list as Mastodon exports it.
alter table domain_policies
  add column reject_reports boolean not null default false,
  add column public_comment text not null default '',
  add column obfuscate boolean not null default false,
  add column updated_at timestamptz not null default now();

-- A host and the domains above it, without port; an IP address (also [v6]) has none above it.
create or replace function host_and_parents(host text) returns text[] language sql immutable parallel safe strict
  as $$ select case when bare like '[%' or bare ~ '^[0-9.]+$' then array[bare, host] else
      (select array_agg(array_to_string(labels[place:], '.')) || host
        from (select string_to_array(bare, '.') as labels) parts, generate_subscripts(labels, 1) place) end
    from (select regexp_replace(host, ':[0-9]+$', '') as bare) stripped $$;

-- What the commune decided about a host: the closest label counts. Where only listed servers are let in, all others are blocked.
create function host_action(host text) returns text language plpgsql stable parallel safe strict as $$
declare
  found_action text;
begin
  select p.action into found_action from domain_policies p where p.host = any(host_and_parents(host_action.host))
    order by length(p.host) desc limit 1;
  if found_action is null and (select (s.value ->> 'listedOnly')::boolean from settings s where s.key = 'federation') then
    return 'block';
  end if;
  return found_action;
end $$;

-- Kept on the actor, so that no list pays for it: the stricter of what holds for its server and for the domain of its handle.
alter table actors add column host_action text;
-- Hidden from public lists by a moderator; null for most.
alter table actors add column limited_at timestamptz;
-- Other accounts of the same person (alsoKnownAs), where it went (movedTo), and when it last moved.
alter table actors add column aliases text[] not null default '{}', add column moved_to_id bigint references actors, add column moved_at timestamptz;

create function stricter_action(one text, other text) returns text language sql immutable parallel safe
  as $$ select case when 'block' in (one, other) then 'block' when 'limit' in (one, other) then 'limit'
      when 'reject_media' in (one, other) then 'reject_media' else coalesce(one, other) end $$;

create function keep_host_action() returns trigger language plpgsql as $$
begin
  new.host_action := case when new.local then null else stricter_action(host_action(new.host), host_action(regexp_replace(new.domain, '\.$', ''))) end;
  return new;
end $$;
create trigger actors_host_action before insert or update of host, domain on actors for each row execute function keep_host_action();

create function spread_host_actions() returns trigger language plpgsql as $$
begin
  update actors a set host_action = n.action
    from (select d.host, d.domain, stricter_action(host_action(d.host), host_action(d.domain)) as action
          from (select distinct host, domain from actors where not local) d) n
    where a.host = n.host and a.domain = n.domain and not a.local and a.host_action is distinct from n.action;
  return null;
end $$;
create trigger domain_policies_spread after insert or update or delete on domain_policies for each statement execute function spread_host_actions();
create trigger settings_spread after insert or update on settings for each row when (new.key = 'federation') execute function spread_host_actions();
update actors set host = host where not local and exists (select 1 from domain_policies);

-- Servers a citizen does not want to hear of; never shown to others.
alter table actors add column blocked_hosts text[] not null default '{}';

alter table reports
  add column category text not null default 'other' check (category in ('spam', 'legal', 'violation', 'other')),
  add column local boolean not null default false,          -- made here, by a citizen or a visitor
  add column contact_name text not null default '',
  add column contact_email text not null default '',
  add column forwarded boolean not null default false,
  add column resolved_at timestamptz,
  add column resolved_by bigint references actors;
create index reports_state on reports (state, id desc);
create index reports_target on reports (target_id, id desc);

-- What moderators decided: the log they read, and the statement of reasons its subject gets (DSA art. 17).
create table decisions (
  id bigint primary key,
  moderator_id bigint references actors,
  action text not null,
  target_id bigint references actors,
  host text,
  report_id bigint references reports,
  object_iris text[] not null default '{}',
  reason text not null default '',
  ground text not null default 'terms' check (ground in ('terms', 'law')),
  created_at timestamptz not null default now()
);
create index decisions_target on decisions (target_id, id desc);

-- A notification may be about a decision; and may be held back when a server floods (D06).
alter table notifications add column decision_id bigint references decisions on delete cascade, add column held boolean not null default false;
drop index notifications_once;
create unique index notifications_once on notifications (owner_id, type, from_id, coalesce(object_id, 0), coalesce(decision_id, 0));
create index notifications_held on notifications (owner_id, id desc) where held;
