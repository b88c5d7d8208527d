import { Button, NumberInput } from "@mantine/core";
import { type ReactNode, useEffect, useRef, useState } from "react";
import type { BenchmarkInfo } from "../../../data/benchmark.ts";
import type { GeneratorPreview } from "../../../rpc/api.ts";
import type { InspectedGenerator } from "../../../study/generatorRecord.ts";
import { large } from "../../model/large.ts";
import { useSession } from "../../state/session.tsx";
import { ImagePicker } from "../../ui/ImagePicker.tsx";
import { Loading, Notice } from "../../ui/Panel.tsx";
import { NearestReal } from "../NearestReal.tsx";
import { drawnUnasked, type GeneratorDraft, previewFlops, previewOf } from "./generatorDraft.ts";
import { previewRows } from "./previewRows.ts";
import css from "./upload.module.css";

interface PreviewProps {
  readonly files: readonly File[];
  readonly inspected: InspectedGenerator;
  readonly draft: GeneratorDraft;
  readonly benchmark: BenchmarkInfo;
}

type Drawing =
  | { readonly kind: "none" }
  | { readonly kind: "drawing" }
  | { readonly kind: "drawn"; readonly preview: GeneratorPreview }
  | { readonly kind: "failed"; readonly message: string };

/** A grid of samples by class, what one costs on this machine, and the real images nearest to a chosen one. */
export function Preview({ files, inspected, draft, benchmark }: PreviewProps): ReactNode {
  const session = useSession();
  const [drawing, setDrawing] = useState<Drawing>({ kind: "none" });
  const [seed, setSeed] = useState(0);
  const [picked, setPicked] = useState<number | null>(null);

  const draw = async (): Promise<void> => {
    setDrawing({ kind: "drawing" });
    setPicked(null);
    try {
      setDrawing({ kind: "drawn", preview: await session.previewGenerator(files, previewOf(inspected, draft, seed)) });
    } catch (error) {
      setDrawing({ kind: "failed", message: error instanceof Error ? error.message : String(error) });
    }
  };
  const begun = useRef(false);
  useEffect(() => {
    if (begun.current || !drawnUnasked(inspected, draft)) return;
    begun.current = true;
    void draw();
  });

  const flops = previewFlops(inspected, draft);
  return (
    <section aria-label="Preview">
      <div className={css.actions}>
        <NumberInput
          size="xs"
          w={110}
          aria-label="Seed of the preview"
          prefix="seed "
          min={0}
          max={0xffffffff}
          allowDecimal={false}
          value={seed}
          onChange={(value) => typeof value === "number" && setSeed(value)}
        />
        <Button size="xs" variant="default" disabled={drawing.kind === "drawing"} onClick={() => void draw()}>
          {drawing.kind === "drawn" ? "Draw again" : "Draw a preview"}
        </Button>
        {flops === 0 ? null : <span className={css.message}>The preview takes {large(flops)} operations.</span>}
      </div>
      {drawing.kind === "drawing" ? <Loading what="Drawing samples…" /> : null}
      {drawing.kind === "failed" ? (
        <Notice kind="bad" title="No sample could be drawn.">
          {drawing.message}
        </Notice>
      ) : null}
      {drawing.kind === "drawn" ? (
        <>
          <Cost preview={drawing.preview} />
          <ImagePicker
            set={drawing.preview.images}
            rows={previewRows(drawing.preview.images, inspected, benchmark)}
            source="synthetic"
            label="Samples by class. Choose one to see the real images nearest to it."
            picked={picked}
            onPick={setPicked}
          />
          {picked === null ? null : <NearestReal benchmark={benchmark} set={drawing.preview.images} at={picked} />}
        </>
      ) : null}
    </section>
  );
}

function Cost({ preview: { msPerImage, device, warnings } }: { preview: GeneratorPreview }): ReactNode {
  return (
    <>
      {msPerImage === null ? null : (
        <p className={css.message}>
          {milliseconds(msPerImage)} per image on this machine{device === null ? "" : ` (${device})`}; a pool of 10,000
          takes {milliseconds(msPerImage * 10_000)}.
        </p>
      )}
      {warnings.length === 0 ? null : (
        <Notice kind="warn" title="While reading the tensors:">
          <ul className={css.reasons}>
            {warnings.map((warning) => (
              <li key={warning}>{warning}</li>
            ))}
          </ul>
        </Notice>
      )}
    </>
  );
}

function milliseconds(value: number): string {
  if (value < 1000) return `${value.toPrecision(value < 100 ? 2 : 3)} ms`;
  const seconds = value / 1000;
  if (seconds < 120) return `${seconds.toFixed(1)} s`;
  return seconds < 7200 ? `${Math.round(seconds / 60)} min` : `${(seconds / 3600).toFixed(1)} h`;
}
