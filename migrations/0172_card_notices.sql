-- Notices around cards of the directory: why an answer was given; what was answered asks nobody any more. Why: a claim nobody hears of
-- waits for ever. Lock cost: a column with a constant default, no rewrite.

alter table notifications add column reason text not null default '';
comment on column notifications.reason is 'Of a refused card or correction: why, as who answered said it';

create function forget_card_claim() returns trigger language plpgsql as $$
begin
  delete from notifications where from_id = old.claimant_id and group_id = old.actor_id and type = 'card_claim';
  return null;
end $$;
create trigger card_claims_answered after delete on card_claims for each row execute function forget_card_claim();

create function forget_card_correction() returns trigger language plpgsql as $$
begin
  delete from notifications where from_id = old.author_id and group_id = old.actor_id and type = 'card_correction';
  return null;
end $$;
create trigger card_suggestions_answered after delete on card_suggestions for each row execute function forget_card_correction();
