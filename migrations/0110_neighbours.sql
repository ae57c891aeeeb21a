-- What territory another server says it stands for (NodeInfo): neighbours find each other. Lock cost: a column without default.

alter table hosts add column territory jsonb;          -- {inseeCode, epci, departement, region}
create index hosts_territory on hosts (host) where territory is not null;
