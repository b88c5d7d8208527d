import { exactCos, exactSin } from "../../random/exactMath.ts";

/**
 * Signed distance of a figure at (x, y): negative inside, positive outside; y points down, as in images.
 * Figures fill about the square [−1, 1]². Only + − × ÷ and Math.sqrt per point, so the bits are the same everywhere.
 */
export type Distance = (x: number, y: number) => number;

export function disc(x: number, y: number, radius: number): number {
  return Math.sqrt(x * x + y * y) - radius;
}

/** Axis-parallel box of half sizes (w, h); in the Chebyshev metric outside the corners. */
export function box(x: number, y: number, w: number, h: number): number {
  return Math.max(Math.abs(x) - w, Math.abs(y) - h);
}

/** n unit vectors at equal angles, the first at `start` radians. */
function spokes(n: number, start: number): readonly (readonly [number, number])[] {
  return Array.from({ length: n }, (_, k) => {
    const angle = start + (2 * Math.PI * k) / n;
    return [exactCos(angle), exactSin(angle)] as const;
  });
}

/** Regular polygon with a corner straight up (plus `turn` radians), of circumradius `radius`. */
export function regularPolygon(n: number, radius: number, turn = 0): Distance {
  const normals = spokes(n, turn - Math.PI / 2 + Math.PI / n);
  const apothem = radius * exactCos(Math.PI / n);
  return (x, y) => {
    let furthest = Number.NEGATIVE_INFINITY;
    for (const [nx, ny] of normals) furthest = Math.max(furthest, nx * x + ny * y);
    return furthest - apothem;
  };
}

/** Star of n straight-edged rays, one straight up; tips at radius `tip`, notches at radius `notch`. */
export function star(n: number, tip: number, notch: number): Distance {
  const rays = spokes(n, -Math.PI / 2);
  // One edge of a ray runs from its tip (tip, 0) to the notch beside it; its outward normal is (a, b).
  const notchAlong = notch * exactCos(Math.PI / n);
  const notchAcross = notch * exactSin(Math.PI / n);
  const length = Math.sqrt((tip - notchAlong) * (tip - notchAlong) + notchAcross * notchAcross);
  const a = notchAcross / length;
  const b = (tip - notchAlong) / length;
  return (x, y) => {
    let along = Number.NEGATIVE_INFINITY;
    let across = 0;
    for (const [rx, ry] of rays) {
      const projection = rx * x + ry * y;
      if (projection > along) {
        along = projection;
        across = Math.abs(rx * y - ry * x);
      }
    }
    return a * (along - tip) + b * across;
  };
}
