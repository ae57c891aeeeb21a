-- Cards that look like the same share half of their trigrams; the index was asked for all that share a third. Why: where many names begin alike
-- ("association sportive de…") a card read a good part of the directory when it was written. Lock cost: none.
alter function find_card_twins(directory_cards) set pg_trgm.similarity_threshold = 0.5;
