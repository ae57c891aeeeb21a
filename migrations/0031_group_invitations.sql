-- Invitations to groups, of ours and of elsewhere, and requests a group of elsewhere refused.
-- Why: the invited person answers when they like, and their answer is judged on what was asked. Lock cost: a new table; the check on
-- memberships is proved by one scan of that small table.

create table group_invitations (
  id bigint primary key,
  group_id bigint not null references actors on delete cascade,
  inviter_id bigint not null references actors on delete cascade,
  invitee_id bigint not null references actors on delete cascade,
  state text not null default 'pending' check (state in ('pending', 'accepted', 'declined')),
  iri text unique,                                     -- id of the Invite; null between people of this instance
  created_at timestamptz not null,
  answered_at timestamptz,
  unique (group_id, invitee_id)
);
create index group_invitations_list on group_invitations (group_id, state, id);
create index group_invitations_invitee on group_invitations (invitee_id, state);
create index group_invitations_inviter on group_invitations (inviter_id);

-- refused: said by a group of another server to one of ours, who may ask again.
alter table memberships drop constraint memberships_state_check;
alter table memberships add constraint memberships_state_check check (state in ('pending', 'active', 'refused'));
