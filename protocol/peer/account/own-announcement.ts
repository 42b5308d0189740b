/** Announcements of this very peer, as others tell them. */
import { equalBytes } from "../../base/bytes.ts";
import { isHearsayError } from "../../base/errors.ts";
import type { Crypto, Identity } from "../../base/seams.ts";
import { type Announcement, decodeAnnouncement } from "../../wire/announcement.ts";
import { openEnvelope } from "../../wire/envelope.ts";

/** The announcement, where this peer has signed it and it is about its task; undefined for anything else. */
export function ownAnnouncement(
  { peerId, publicKey }: Identity,
  taskId: Uint8Array,
  crypto: Crypto,
  sealed: Uint8Array,
): Announcement | undefined {
  try {
    const announcement = decodeAnnouncement(sealed);
    const isOurs = announcement.author === peerId && equalBytes(announcement.task, taskId);
    return isOurs && openEnvelope("announcement", sealed, crypto, publicKey) ? announcement : undefined;
  } catch (error) {
    if (!isHearsayError(error)) throw error;
    return undefined;
  }
}
