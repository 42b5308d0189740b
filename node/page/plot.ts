/** Geometry of small drawings: points on a circle, and lines in a frame. */

export interface Point {
  readonly x: number;
  readonly y: number;
}

/** Places on a circle around (0, 0), clockwise from the top. */
export function circlePlaces(count: number, radius: number): Point[] {
  return Array.from({ length: count }, (_, i) => {
    const [cosine, sine] = turned(i / count);
    return { x: radius * sine, y: -radius * cosine };
  });
}

/** An arc from a to b that bends to its right, so that the way back is another line. */
export function arcPath(a: Point, b: Point): string {
  const [dx, dy] = [b.x - a.x, b.y - a.y];
  const middle = { x: (a.x + b.x) / 2 - 0.16 * dy, y: (a.y + b.y) / 2 + 0.16 * dx };
  return `M${digits(a.x)} ${digits(a.y)}Q${digits(middle.x)} ${digits(middle.y)} ${digits(b.x)} ${digits(b.y)}`;
}

/** A line through points of two scales, in a frame of this size, y upwards. */
export function linePath(points: readonly (readonly [number, number])[], frame: Frame): string {
  return points
    .map(([x, y], i) => `${i === 0 ? "M" : "L"}${digits(frameX(x, frame))} ${digits(frameY(y, frame))}`)
    .join("");
}

export interface Frame {
  readonly width: number;
  readonly height: number;
  readonly mostX: number;
  readonly leastY: number;
  readonly mostY: number;
}

export function frameX(x: number, { width, mostX }: Frame): number {
  return (width * x) / mostX;
}

export function frameY(y: number, { height, leastY, mostY }: Frame): number {
  return height - (height * (y - leastY)) / (mostY - leastY);
}

function digits(value: number): string {
  return String(Math.round(10 * value) / 10);
}

/** Cosine and sine of a share of a turn, by their series around half a turn: the report of the demo has the same digits on every machine. */
function turned(share: number): [number, number] {
  const angle = 2 * Math.PI * (share - 0.5);
  const sums: [number, number] = [0, 0];
  for (let [power, term] = [0, -1]; power < TERMS; power++, term *= angle / power) {
    const sign = power % 4 < 2 ? 1 : -1;
    sums[power % 2 === 0 ? 0 : 1] += sign * term;
  }
  return sums;
}

/** The next term is below 1e-8 at half a turn. */
const TERMS = 24;
