-- A group may keep what it publishes out of the commune's relay.
-- Lock cost: one column with a constant default, no rewrite.

alter table groups add column relayed boolean not null default true;
