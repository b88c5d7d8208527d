import { memo, type ReactNode } from "react";
import type { Provenance } from "../../study/provenance.ts";
import { provenanceText } from "../model/words.ts";
import { useImages } from "../state/images.ts";
import { Empty, Loading, Notice, Panel } from "../ui/Panel.tsx";
import { SampleSheet } from "./SampleSheet.tsx";

interface SamplesPanelProps {
  readonly benchmark: string;
  readonly generator: string | null;
  readonly poolSeed: number;
  readonly provenance: Provenance | null;
  readonly classNames: readonly string[] | null;
}

/** Images per class of each kind. */
const PER_CLASS = 3;

/** What the classifier saw: real images beside the synthetic ones of the shown cell's generator. */
export const SamplesPanel = memo(function SamplesPanel(props: SamplesPanelProps): ReactNode {
  const { benchmark, generator, poolSeed, provenance, classNames } = props;
  return (
    <Panel
      title="Real and synthetic samples"
      summary={
        generator === null
          ? "The baseline trains on real images only (blue)."
          : `Blue: real. Orange: ${generator}${provenance === null ? "" : `, ${provenanceText(provenance)}`}.`
      }
    >
      <SideBySide
        benchmark={benchmark}
        generator={generator}
        poolSeed={poolSeed}
        perClass={PER_CLASS}
        classNames={classNames}
      />
    </Panel>
  );
});

interface SideBySideProps {
  readonly benchmark: string;
  readonly generator: string | null;
  readonly poolSeed: number;
  readonly perClass: number;
  readonly classNames: readonly string[] | null;
}

/** Real and synthetic images of each class, one class per row. */
export function SideBySide({ benchmark, generator, poolSeed, perClass, classNames }: SideBySideProps): ReactNode {
  const real = useImages(`real ${benchmark} ${perClass}`, (session) => session.realSamples(benchmark, perClass));
  const synthetic = useImages(`samples ${benchmark} ${generator} ${poolSeed} ${perClass}`, (session) =>
    generator === null ? session.realSamples(benchmark, 0) : session.samples(benchmark, generator, poolSeed, perClass),
  );
  if (real.kind === "failed") return <Notice kind="bad">{real.message}</Notice>;
  if (generator !== null && synthetic.kind === "failed") return <Notice kind="bad">{synthetic.message}</Notice>;
  if (real.kind === "loading" || (generator !== null && synthetic.kind === "loading")) {
    return <Loading what="Drawing samples…" />;
  }
  if (classNames === null) return <Empty>The benchmark of this study is not loaded.</Empty>;
  return (
    <SampleSheet
      real={real.set}
      synthetic={generator !== null && synthetic.kind === "ready" ? synthetic.set : null}
      perClass={perClass}
      classNames={classNames}
    />
  );
}
