-- The start of the event somebody was reminded of. Why: a reminder is sent once, and again when the date has changed. Lock cost: none that
-- matters (a nullable column without default).
alter table participations add column reminded_of timestamptz;
