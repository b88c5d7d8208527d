import { Button, Checkbox, NumberInput, Popover, Radio } from "@mantine/core";
import { type ReactNode, useState } from "react";
import type { BackendRequest } from "../../engine/backend.ts";
import { backendText } from "../model/words.ts";
import { backendRequest, backendSearch } from "../session/request.ts";
import { useSessionField } from "../state/session.tsx";
import css from "./Shell.module.css";

const choices: readonly { value: BackendRequest["backend"]; label: string; description: string }[] = [
  { value: "auto", label: "Automatic", description: "WebGPU where there is a hardware GPU, else WebAssembly" },
  { value: "webgpu", label: "WebGPU", description: "Compiled plan, the workbench's own kernels" },
  { value: "wasm", label: "WebAssembly", description: "The same plan on the processor" },
  { value: "tape", label: "Stock tfjs on WebGPU", description: "Slower; to compare the compiled plan with" },
];

/** What computes and why, as a badge; opened, the choice of another engine. */
export function EngineMenu(): ReactNode {
  const backend = useSessionField("backend");
  return (
    <Popover position="bottom-end" withArrow trapFocus width={340}>
      <Popover.Target>
        <button type="button" className={css.badgeButton} aria-haspopup="dialog">
          {backend === null ? "Choosing an engine…" : backendText(backend)}
          {backend === null || backend.adapter === "" ? "" : ` · ${backend.adapter}`}
        </button>
      </Popover.Target>
      <Popover.Dropdown>
        <Facts />
        <Choice />
      </Popover.Dropdown>
    </Popover>
  );
}

function Facts(): ReactNode {
  const backend = useSessionField("backend");
  const isolated = useSessionField("crossOriginIsolated");
  if (backend === null) return <p className={css.fact}>The engines are being tried; each has to pass a self-test.</p>;
  const sentences = [
    `Computes on ${backendText(backend)}${backend.adapter === "" ? "" : `, ${backend.adapter}`}; self-test passed.`,
    backend.variant === undefined ? "" : `Kernels: ${backend.variant}.`,
    backend.reason,
    backend.software ? "Software adapter: correct but slow." : "",
    isolated ? "" : "The page is not cross-origin isolated, so WebAssembly has one thread.",
  ];
  return <p className={css.fact}>{sentences.filter((sentence) => sentence !== "").join(" ")}</p>;
}

/** The wish lives in the address, so that a link brings it along; a new engine needs new workers, hence the reload. */
function Choice(): ReactNode {
  const [request, setRequest] = useState(() => backendRequest(location.search));
  const change = (part: Partial<BackendRequest>): void => setRequest({ ...request, ...part });
  const wasm = request.backend === "wasm" || request.backend === "auto";
  return (
    <div className={css.engineChoice}>
      <Radio.Group
        label="Compute on"
        value={request.backend}
        onChange={(value) => {
          const choice = choices.find((candidate) => candidate.value === value);
          if (choice) change({ backend: choice.value });
        }}
      >
        <div className={css.engineChoice}>
          {choices.map((choice) => (
            <Radio key={choice.value} size="xs" {...choice} />
          ))}
        </div>
      </Radio.Group>
      <NumberInput
        size="xs"
        label="Kernel threads"
        description="0 = one per core, at most 8. Their number does not change a result."
        min={0}
        max={64}
        allowDecimal={false}
        disabled={!wasm}
        value={request.threads}
        onChange={(value) => change({ threads: Number(value) || 0 })}
      />
      <Checkbox
        size="xs"
        label="Same bits on every processor"
        description="Plain SIMD instead of fused multiply–add: somewhat slower"
        disabled={!wasm}
        checked={request.reproducible}
        onChange={(event) => change({ reproducible: event.currentTarget.checked })}
      />
      <Button size="xs" onClick={() => location.assign(`${backendSearch(location.search, request)}${location.hash}`)}>
        Use and reload
      </Button>
      <p className={css.fact}>What is running keeps its checkpoint and goes on after the reload.</p>
    </div>
  );
}
