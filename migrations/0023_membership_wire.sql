-- Membership across servers: the Join by which somebody elsewhere, or one of ours elsewhere, asked.
-- Why: an Accept or Reject names it, and peers know a member by it. Lock cost: a column without default, one partial index.

alter table memberships add column iri text;
create unique index memberships_iri on memberships (iri) where iri is not null;
