import type { ReactNode } from "react";
import type { GeneratorDescription, ImagesDescription, InspectedGenerator } from "../../../study/generatorRecord.ts";
import { count, plural } from "../../model/format.ts";
import { large } from "../../model/large.ts";
import { type Fact, Facts } from "../../ui/Facts.tsx";
import { Notice } from "../../ui/Panel.tsx";
import css from "./upload.module.css";

/** What dropped files are: the network or images found, what to look at, or why they are refused. */
export function Recognised({ inspected }: { inspected: InspectedGenerator }): ReactNode {
  const { files, verdict, format, description, images, tensors, error } = inspected;
  if (verdict === "refused") return <Refused inspected={inspected} />;
  const warnings = [...inspected.warnings, ...(description?.warnings ?? [])];
  return (
    <section aria-label="What was recognised">
      <p className={css.title} role="status">
        <strong>{description?.title ?? (images ? "A set of images" : "A checkpoint of no known generator")}</strong>{" "}
        <span className={css.file}>{files.length === 1 ? files[0] : plural(files.length, "file")}</span>
      </p>
      <Facts
        label="Facts"
        facts={[
          ...(description ? networkFacts(description) : []),
          ...(images ? imageFacts(images) : []),
          ...(format === null ? [] : [["Container", format] as const]),
          ...(tensors === 0 ? [] : [["Tensors", count(tensors)] as const]),
        ]}
      />
      {description?.ema === false ? (
        <Notice kind="warn" title="Not the averaged weights.">
          Samples of the weights that were trained last are usually worse than those of their moving average (EMA): use
          the EMA file if you have it.
        </Notice>
      ) : null}
      {error === null ? null : <Notice kind="warn">{error}</Notice>}
      <Sentences title="Look at:" sentences={[...new Set(warnings)]} />
    </section>
  );
}

function Refused({ inspected: { files, error } }: { inspected: InspectedGenerator }): ReactNode {
  const [what = "", ...rest] = (error ?? "It is no generator that this program knows.").split("\n");
  return (
    <Notice kind="bad" title="Refused:">
      <span className={css.file}>{files.join(", ")}</span> {what}
      {rest.length === 0 ? null : (
        <ul className={css.reasons} aria-label="Why it is refused">
          {rest.map((line) => (
            <li key={line}>{line.replace(/^\s*[-•]\s*/, "")}</li>
          ))}
        </ul>
      )}
    </Notice>
  );
}

function Sentences({ title, sentences }: { title: string; sentences: readonly string[] }): ReactNode {
  if (sentences.length === 0) return null;
  return (
    <Notice kind="warn" title={title}>
      <ul className={css.reasons}>
        {sentences.map((sentence) => (
          <li key={sentence}>{sentence}</li>
        ))}
      </ul>
    </Notice>
  );
}

function networkFacts(description: GeneratorDescription): Fact[] {
  const { architecture, parameters, classes, resolution, ema, flopsPerEvaluation, details, settings } = description;
  const diffusion = settings.includes("steps");
  return [
    ["Architecture", architecture],
    ["Parameters", large(parameters)],
    ["Classes", classes === null ? "none (unconditional)" : count(classes)],
    ["Images", `${resolution}×${resolution} RGB`],
    ["Weights", ema === null ? "the file does not say whether EMA" : ema ? "EMA" : "not EMA"],
    [diffusion ? "Operations of one evaluation" : "Operations of one image", `${large(flopsPerEvaluation)} FLOP`],
    ...Object.entries(details).map(([name, value]): Fact => [name, String(value)]),
  ];
}

function imageFacts({ count: images, height, width, classes, perClass, lossless }: ImagesDescription): Fact[] {
  const [least, most] = [Math.min(...perClass), Math.max(...perClass)];
  return [
    ["Images", `${count(images)}, ${height}×${width} RGB`],
    ["Classes", classes === null ? "no labels" : count(classes)],
    ...(perClass.length === 0
      ? []
      : [["Images of a class", least === most ? count(least) : `${count(least)} to ${count(most)}`] as const]),
    ["Compression", lossless ? "lossless" : "JPEG among them"],
  ];
}
