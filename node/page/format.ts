/** Figures and times as people read them. */
import { formatBytes, formatNumber, isNumber } from "../../protocol/base/figures.ts";
import type { PageMetric } from "../observe/messages.ts";

/** `93.4 %`, or three digits in the units of the data. */
export function figureText(value: number | null | undefined, metric: Pick<PageMetric, "isShare">): string {
  if (!isNumber(value)) return "–";
  return metric.isShare ? shareText(value) : formatNumber(value, 3);
}

/** 0.123 as `12.3 %`. */
export function shareText(value: number | undefined): string {
  return isNumber(value) ? `${(100 * value).toFixed(1)} %` : "–";
}

/** `4 s`, `3 min`, `2 h 5 min`, `3 d 4 h`. */
export function durationText(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  if (hours < 24) return minutes % 60 === 0 ? `${hours} h` : `${hours} h ${minutes % 60} min`;
  return hours % 24 === 0 ? `${Math.floor(hours / 24)} d` : `${Math.floor(hours / 24)} d ${hours % 24} h`;
}

/** `just now`, `4 s ago`. */
export function agoText(ms: number): string {
  return ms < 1_500 ? "just now" : `${durationText(ms)} ago`;
}

/** `1.2 MB/s`. */
export function speedText(bytesPerSecond: number | undefined): string {
  return bytesPerSecond === undefined ? "–" : `${formatBytes(bytesPerSecond)}/s`;
}

/** The end of a peer id, by which people tell peers apart: all ids begin alike. */
export function peerName(peer: string): string {
  return peer.slice(-8);
}

const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"] as const;

/** The time of a tick of an axis, here, with seconds where it is no whole minute, and with the day where that is not the day of the tick before. Both in s since 1970. */
export function tickText(at: number, before: number = at): string {
  const [date, last] = [new Date(1000 * at), new Date(1000 * before)];
  const parts = [date.getHours(), date.getMinutes(), ...(at % 60 === 0 ? [] : [date.getSeconds()])];
  const time = parts.map((part) => String(Math.floor(part)).padStart(2, "0")).join(":");
  return date.getDate() === last.getDate() ? time : `${time}\n${date.getDate()} ${MONTHS[date.getMonth()]}`;
}

export { formatBytes, formatNumber };
