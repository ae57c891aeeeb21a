-- The desk of the commune lists what waits for it. Why: what was promised, entered on paper or counted without a word is found by its own index
-- and not by reading everything. Lock cost: small tables, built while writes wait.
create index ideas_promised on ideas (object_id) where commitments <> '[]';
create index proposals_promised on proposals (object_id) where commitments <> '[]';
create index votes_unconcluded on votes (closed_at desc) where closed_at is not null and outcome is null;
create index vote_papers_unconfirmed on vote_papers (vote_id) where confirmed_at is null;
