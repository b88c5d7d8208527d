import { NativeSelect } from "@mantine/core";
import { type ReactNode, useState } from "react";
import page from "../plan/page.module.css";
import { SessionNotices } from "../plan/SessionNotices.tsx";
import { useSessionField } from "../state/session.tsx";
import { Empty, Loading } from "../ui/Panel.tsx";
import { BenchmarkPanel } from "./BenchmarkPanel.tsx";
import { GalleryPanel } from "./GalleryPanel.tsx";
import { GeneratorsPanel } from "./GeneratorsPanel.tsx";
import { ImportPanel } from "./ImportPanel.tsx";
import { PoolsPanel } from "./pools/PoolsPanel.tsx";
import { QualityPanel } from "./quality/QualityPanel.tsx";
import { DatasetsPanel, StoragePanel } from "./StoredPanels.tsx";
import { UploadPanel } from "./upload/UploadPanel.tsx";

/** Which images there are: real ones by benchmark, synthetic ones by generator, and what they take of the storage. */
export function DataPage(): ReactNode {
  const phase = useSessionField("phase");
  const benchmarks = useSessionField("benchmarks");
  const generators = useSessionField("generators");
  const [chosen, setChosen] = useState<string | null>(null);
  const benchmark = benchmarks.find(({ id }) => id === chosen) ?? benchmarks[0];
  const fitting = benchmark === undefined ? [] : (generators[benchmark.id] ?? []);
  return (
    <div className={page.page}>
      <h1>Data &amp; generators</h1>
      <SessionNotices />
      {benchmark === undefined ? (
        phase === "starting" ? (
          <Loading what="Reading benchmarks…" />
        ) : (
          <Empty>No benchmark could be read. Reload the page; your datasets stay stored.</Empty>
        )
      ) : (
        <>
          <div className={page.bar}>
            <NativeSelect
              size="xs"
              label="Benchmark"
              value={benchmark.id}
              onChange={(event) => setChosen(event.target.value)}
              data={benchmarks.map(({ id, title, missing }) => ({
                value: id,
                label: missing.length === 0 ? title : `${title} (incomplete)`,
              }))}
            />
          </div>
          <UploadPanel benchmark={benchmark} onKept={(record) => setChosen(record.benchmark)} />
          <GeneratorsPanel benchmark={benchmark} generators={fitting} />
          <GalleryPanel key={`gallery ${benchmark.id}`} benchmark={benchmark} generators={fitting} />
          <PoolsPanel key={`pools ${benchmark.id}`} benchmark={benchmark} generators={fitting} />
          <QualityPanel key={`quality ${benchmark.id}`} benchmark={benchmark} generators={fitting} />
          <BenchmarkPanel benchmark={benchmark} />
        </>
      )}
      <ImportPanel />
      <DatasetsPanel />
      <StoragePanel />
    </div>
  );
}
