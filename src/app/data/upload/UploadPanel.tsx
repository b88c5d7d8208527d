import { type ReactNode, useState } from "react";
import type { BenchmarkInfo } from "../../../data/benchmark.ts";
import type { GeneratorRecord, InspectedGenerator } from "../../../study/generatorRecord.ts";
import { plural } from "../../model/format.ts";
import { useSession } from "../../state/session.tsx";
import { FileDrop } from "../../ui/FileDrop.tsx";
import { Loading, Notice, Panel } from "../../ui/Panel.tsx";
import { usable } from "./generatorDraft.ts";
import { Recognised } from "./Recognised.tsx";
import { UploadForm } from "./UploadForm.tsx";

type Upload =
  | { readonly kind: "none" }
  | { readonly kind: "reading"; readonly files: number }
  | { readonly kind: "failed"; readonly message: string }
  | { readonly kind: "read"; readonly files: readonly File[]; readonly inspected: InspectedGenerator }
  | { readonly kind: "kept"; readonly title: string };

interface UploadPanelProps {
  readonly benchmark: BenchmarkInfo;
  readonly onKept: (record: GeneratorRecord) => void;
}

/** A checkpoint, or a set of images, becomes a generator: recognised, looked at, named, kept. */
export function UploadPanel({ benchmark, onKept }: UploadPanelProps): ReactNode {
  const session = useSession();
  const [state, setState] = useState<Upload>({ kind: "none" });

  const take = async (gather: Promise<readonly File[]>): Promise<void> => {
    try {
      const files = await gather;
      if (files.length === 0) return;
      setState({ kind: "reading", files: files.length });
      setState({ kind: "read", files, inspected: await session.inspectGenerator(files) });
    } catch (error) {
      setState({ kind: "failed", message: error instanceof Error ? error.message : String(error) });
    }
  };

  return (
    <Panel
      title="Bring a generator"
      summary="StudioGAN .pth, StyleGAN2-ADA .pkl, DDPM .ckpt, .bin, .safetensors or a diffusers folder, BigGAN; or images that were made elsewhere: .npz, images.npy with labels.npy, a .tar or folder of PNG. Nothing in a file is executed and nothing leaves this browser."
    >
      <FileDrop
        prompt="Drop a checkpoint, images or a folder here, or"
        label="Choose generator files"
        folderLabel="Choose a generator folder"
        disabled={state.kind === "reading"}
        onFiles={(files) => void take(files)}
      />
      {state.kind === "reading" ? <Loading what={`Looking into ${plural(state.files, "file")}…`} /> : null}
      {state.kind === "failed" ? (
        <Notice kind="bad" title="The files could not be looked into.">
          {state.message}
        </Notice>
      ) : null}
      {state.kind === "kept" ? (
        <Notice kind="info" title={`${state.title} is a generator of this browser now.`}>
          Fill a pool with it below, or choose it in a new study.
        </Notice>
      ) : null}
      {state.kind === "read" ? (
        <>
          <Recognised inspected={state.inspected} />
          {usable(state.inspected) ? (
            <UploadForm
              key={state.inspected.files.join("/")}
              files={state.files}
              inspected={state.inspected}
              initial={benchmark}
              onClear={() => setState({ kind: "none" })}
              onKept={(record) => {
                setState({ kind: "kept", title: record.title });
                onKept(record);
              }}
            />
          ) : null}
        </>
      ) : null}
    </Panel>
  );
}
