-- Who comes when there is no seat any more may wait: the request stays, and the first in line gets the seat that is given back. Lock cost: none
-- that matters (a column with a constant default).
alter table events add column waiting_list boolean not null default false;
