// Rooms of a group and functions of its members, as the native API answers them.

export interface Room {
  id: string
  group: string
  name: string
  topic: string
  functions: string[]
  archived: boolean
  waiting: { proposals: number; votes: number }
  can: { propose: boolean; manage: boolean }
}

/** On what belongs to a room. */
export interface RoomLink {
  id: string
  name: string
  group: string
  functions: string[]
}

export interface RoomItem {
  id: string
  kind: 'proposal' | 'vote'
  title: string
  state: string
  created_at: string
}

export interface MemberFunction {
  name: string
  since: string | null
  until: string | null
}
