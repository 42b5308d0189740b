/** Tokens that open what the local interface serves. */
import { randomBytes, timingSafeEqual } from "node:crypto";

/** 192 random bits, as text. */
export function newToken(): string {
  return randomBytes(24).toString("base64url");
}

const SCHEME = "Bearer ";

/** The token that was sent; "" where there is none. */
export function bearerOf(authorization = ""): string {
  return authorization.startsWith(SCHEME) ? authorization.slice(SCHEME.length) : "";
}

/** Whether the token was sent, in a time that says nothing of where they differ. */
export function holds(authorization: string | undefined, token: string | undefined): boolean {
  if (token === undefined) return false;
  const [a, b] = [Buffer.from(bearerOf(authorization)), Buffer.from(token)];
  return a.length === b.length && timingSafeEqual(a, b);
}
