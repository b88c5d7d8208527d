import { type ReactNode, useEffect, useRef } from "react";
import { type ImageSet, imageBytes } from "../../data/imageSet.ts";
import css from "./Thumbnail.module.css";

interface ThumbnailProps {
  readonly set: ImageSet;
  readonly at: number;
  /** What a screen reader says instead of the image. */
  readonly label: string;
  /** Whose image it is: sets the colour of its frame. */
  readonly source: "real" | "synthetic" | "ood";
}

/** One image of a set, enlarged without smoothing. */
export function Thumbnail({ set, at, label, source }: ThumbnailProps): ReactNode {
  const canvas = useRef<HTMLCanvasElement>(null);
  useEffect(() => {
    const context = canvas.current?.getContext("2d");
    if (context) context.putImageData(toImageData(set, at), 0, 0);
  }, [set, at]);
  return (
    <canvas
      ref={canvas}
      className={`${css.thumbnail} ${css[source]}`}
      width={set.width}
      height={set.height}
      role="img"
      aria-label={label}
      title={label}
    />
  );
}

function toImageData(set: ImageSet, at: number): ImageData {
  const pixels = set.height * set.width;
  const rgba = new Uint8ClampedArray(pixels * 4);
  const from = at * imageBytes(set);
  for (let pixel = 0; pixel < pixels; pixel++) {
    for (let channel = 0; channel < 3; channel++) {
      rgba[pixel * 4 + channel] = set.images[from + pixel * 3 + channel] ?? 0;
    }
    rgba[pixel * 4 + 3] = 255;
  }
  return new ImageData(rgba, set.width, set.height);
}
