import { type ReactNode, useEffect, useRef } from "react";
import { type ImageSet, imageBytes } from "../../data/imageSet.ts";
import css from "./data.module.css";

interface ImageStripProps {
  readonly set: ImageSet;
  /** Which images of the set, left to right. */
  readonly members: readonly number[];
  readonly source: "real" | "synthetic";
  /** What a screen reader says instead of the images. */
  readonly label: string;
}

/** Height of a strip in CSS pixels. */
const HEIGHT = 40;
/** Gap between two images, in image pixels. */
const GAP = 2;

/** Some images of a set side by side on one canvas, enlarged without smoothing. */
export function ImageStrip({ set, members, source, label }: ImageStripProps): ReactNode {
  const canvas = useRef<HTMLCanvasElement>(null);
  const width = Math.max(1, members.length * (set.width + GAP) - GAP);
  useEffect(() => {
    const context = canvas.current?.getContext("2d");
    if (!context) return;
    context.clearRect(0, 0, width, set.height);
    members.forEach((member, place) => {
      context.putImageData(pixelsOf(set, member), place * (set.width + GAP), 0);
    });
  }, [set, members, width]);
  return (
    <canvas
      ref={canvas}
      className={`${css.strip} ${css[source]}`}
      width={width}
      height={set.height}
      style={{ height: HEIGHT, width: (width * HEIGHT) / set.height }}
      role="img"
      aria-label={label}
    />
  );
}

function pixelsOf(set: ImageSet, member: number): ImageData {
  const pixels = set.height * set.width;
  const from = member * imageBytes(set);
  const rgba = new Uint8ClampedArray(pixels * 4).fill(255);
  for (let pixel = 0; pixel < pixels; pixel++) {
    rgba.set(set.images.subarray(from + pixel * 3, from + pixel * 3 + 3), pixel * 4);
  }
  return new ImageData(rgba, set.width, set.height);
}
