// Announcements of the commune → Announcement entities (docs.joinmastodon.org/entities/Announcement). Pure.
import { paragraphs } from '../../../core/plain-text.ts'
import type { Announcement } from '../../../features/announcements/announcements.ts'
import type { AnnouncementEntity } from './entities.ts'

/** Announcement; `read` and `me` are the viewer's. */
export function toAnnouncement({
  id,
  content,
  ends_at: endsAt,
  created_at: createdAt,
  updated_at: updatedAt,
  read,
  reactions
}: Announcement): AnnouncementEntity {
  return {
    id,
    content: paragraphs(content),
    starts_at: null,
    ends_at: endsAt?.toISOString() ?? null,
    all_day: false,
    published_at: createdAt.toISOString(),
    updated_at: updatedAt.toISOString(),
    read,
    mentions: [],
    statuses: [],
    tags: [],
    emojis: [],
    reactions
  }
}
