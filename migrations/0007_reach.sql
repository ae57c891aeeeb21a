-- Reach: who got what was published, and how the hosts are doing. Why: the delivery panel and the administrators' page ask by object
-- and by host. Lock cost: three indexes; the two on hosts are small, the one on deliveries covers only what was given up.

-- What was given up for a host, newest first.
create index deliveries_dead on deliveries (host, id desc) where state = 'dead';
-- Part of a host's name, as administrators type it.
create index hosts_search on hosts using gin (host gin_trgm_ops);
-- Hosts in trouble are few: their list never walks the healthy ones.
create index hosts_troubled on hosts (host) where failures > 0 or asleep_since is not null or gone_at is not null;
