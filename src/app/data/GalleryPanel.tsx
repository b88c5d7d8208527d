import { NativeSelect, NumberInput } from "@mantine/core";
import { type ReactNode, useMemo, useState } from "react";
import type { BenchmarkInfo } from "../../data/benchmark.ts";
import type { ImageSet } from "../../data/imageSet.ts";
import type { GeneratorInfo } from "../../generators/generator.ts";
import { provenanceText } from "../model/words.ts";
import page from "../plan/page.module.css";
import { useImages } from "../state/images.ts";
import { ImagePicker, type ImageRow } from "../ui/ImagePicker.tsx";
import { Empty, Loading, Notice, Panel } from "../ui/Panel.tsx";
import css from "./data.module.css";
import { ImageStrip } from "./ImageStrip.tsx";
import { NearestReal } from "./NearestReal.tsx";

const PER_CLASS = 8;

interface GalleryPanelProps {
  readonly benchmark: BenchmarkInfo;
  readonly generators: readonly GeneratorInfo[];
}

/** Real images of each class and, beside them, what a generator makes of it; the nearest real ones of a chosen sample. */
export function GalleryPanel({ benchmark, generators }: GalleryPanelProps): ReactNode {
  const [chosen, setChosen] = useState<string | null>(null);
  const [seed, setSeed] = useState(0);
  const generator = generators.find(({ id }) => id === chosen) ?? generators[0] ?? null;
  const hasTrain = benchmark.sets.some((set) => set.name === "train");
  return (
    <Panel
      title="Gallery"
      summary={`Train images (blue) and synthetic images (orange) by class, the first ${PER_CLASS} of each.${
        generator === null ? "" : ` ${generator.title}: ${provenanceText(generator.provenance)}.`
      }`}
    >
      {generators.length === 0 ? null : (
        <div className={page.bar}>
          <NativeSelect
            size="xs"
            label="Generator of the gallery"
            value={generator?.id ?? ""}
            onChange={(event) => setChosen(event.target.value)}
            data={generators.map(({ id, title }) => ({ value: id, label: title }))}
          />
          <NumberInput
            size="xs"
            label="Seed of the gallery"
            min={0}
            max={0xffffffff}
            allowDecimal={false}
            value={seed}
            onChange={(value) => typeof value === "number" && setSeed(value)}
          />
        </div>
      )}
      {hasTrain ? (
        <div className={css.gallery}>
          <RealImages benchmark={benchmark} />
          {generator === null ? null : (
            <Samples key={`${generator.id} ${seed}`} benchmark={benchmark} generator={generator.id} seed={seed} />
          )}
        </div>
      ) : (
        <Empty>The train set of {benchmark.title} is not here yet; its images appear once it is imported.</Empty>
      )}
    </Panel>
  );
}

function RealImages({ benchmark }: { benchmark: BenchmarkInfo }): ReactNode {
  const { id, classNames, fingerprint } = benchmark;
  const real = useImages(`real/${id}/${fingerprint}/${PER_CLASS}`, (session) => session.realSamples(id, PER_CLASS));
  if (real.kind === "loading") return <Loading what="Reading real images…" />;
  if (real.kind === "failed") return <Notice kind="warn">{real.message}</Notice>;
  return (
    <div className={css.rows}>
      {byClass(real.set, classNames).map(({ name, members }) => (
        <div key={name} className={css.row}>
          <span className={css.name}>{name}</span>
          <ImageStrip
            set={real.set}
            members={members}
            source="real"
            label={`${members.length} real images of ${name}`}
          />
        </div>
      ))}
    </div>
  );
}

function Samples({ benchmark, generator, seed }: { benchmark: BenchmarkInfo; generator: string; seed: number }) {
  const { id, classNames, fingerprint } = benchmark;
  const [picked, setPicked] = useState<number | null>(null);
  const samples = useImages(`synthetic/${id}/${fingerprint}/${generator}/${seed}/${PER_CLASS}`, (session) =>
    session.samples(id, generator, seed, PER_CLASS),
  );
  const set = samples.kind === "ready" ? samples.set : null;
  const rows = useMemo(() => (set === null ? [] : byClass(set, classNames)), [set, classNames]);
  if (samples.kind === "loading") return <Loading what="Making synthetic images…" />;
  if (samples.kind === "failed") return <Notice kind="warn">{samples.message}</Notice>;
  return (
    <div>
      <ImagePicker
        set={samples.set}
        rows={rows}
        source="synthetic"
        label="Choose a sample to see the real images nearest to it."
        picked={picked}
        onPick={setPicked}
      />
      {picked === null ? null : <NearestReal benchmark={benchmark} set={samples.set} at={picked} />}
    </div>
  );
}

function byClass(set: ImageSet, classNames: readonly string[]): ImageRow[] {
  const all = Array.from(set.labels.keys());
  return classNames.map((name, label) => ({ name, members: all.filter((at) => set.labels[at] === label) }));
}
