import { NativeSelect } from "@mantine/core";
import { type ReactNode, useMemo } from "react";
import type { GeneratorInfo } from "../../generators/generator.ts";
import { percent, signedPoints } from "../model/format.ts";
import { detectorTitle, kindText, provenanceText } from "../model/words.ts";
import { useSessionField } from "../state/session.tsx";
import { useView } from "../state/view.ts";
import { StudyProvider, useStudyModel } from "../study/studyModel.tsx";
import { Empty, Panel } from "../ui/Panel.tsx";
import table from "../ui/table.module.css";
import { type CompareRow, type CompareValue, compareRows, SEEDS_FOR_A_CLAIM } from "./compareRows.ts";

/** α and generator side by side, each against the baseline on the same seeds. */
export function ComparePage(): ReactNode {
  const studies = useSessionField("studies");
  const studyId = useView((view) => view.studyId);
  const entry = studies.find((study) => study.id === studyId) ?? studies[0];
  return (
    <>
      <h1 className="visually-hidden">Compare</h1>
      {entry === undefined ? (
        <Empty>There is no study to compare yet. Start one on the Study page.</Empty>
      ) : (
        <StudyProvider entry={entry}>
          <CompareTable />
        </StudyProvider>
      )}
    </>
  );
}

function CompareTable(): ReactNode {
  const { entry, index, detector, generators } = useStudyModel();
  const selectDetector = useView((view) => view.selectDetector);
  const rows = useMemo(() => compareRows(index, detector), [index, detector]);
  const picker = (
    <NativeSelect
      size="xs"
      aria-label="Detector"
      value={detector}
      onChange={(event) => selectDetector(event.target.value)}
      data={entry.study.detectors.map((name) => ({ value: name, label: detectorTitle(name) }))}
    />
  );
  return (
    <Panel
      title={`${entry.study.name}: ${detectorTitle(detector)}`}
      actions={picker}
      summary={`Percent, mean ± sample σ over seeds. Δ is the mean difference to α = 1 on the same seeds, in points ± its σ; it needs ${SEEDS_FOR_A_CLAIM} common seeds. A small network on a small benchmark: nothing here is at the paper's scale.`}
    >
      {rows.length === 0 ? (
        <Empty>No cell of this study has finished.</Empty>
      ) : (
        <div className={table.scroll}>
          <table className={table.table} aria-label="Comparison over α and generator">
            <thead>
              <tr>
                <th scope="col">Generator</th>
                <th scope="col">α</th>
                <th scope="col">n</th>
                <th scope="col">Near AUROC</th>
                <th scope="col">Far AUROC</th>
                <th scope="col">ID accuracy</th>
                <th scope="col">Converged</th>
                <th scope="col">Provenance</th>
              </tr>
            </thead>
            <tbody>
              {rows.map((row) => (
                <Row
                  key={`${row.generator} ${row.alpha}`}
                  row={row}
                  info={generators.find((info) => info.id === row.generator)}
                />
              ))}
            </tbody>
          </table>
        </div>
      )}
    </Panel>
  );
}

function Row({ row, info }: { row: CompareRow; info: GeneratorInfo | undefined }): ReactNode {
  return (
    <tr>
      <th scope="row">{row.generator === null ? "none (baseline)" : row.generator}</th>
      <td>{row.alpha.toFixed(2)}</td>
      <td>{row.seeds}</td>
      <Value value={row.values.near} />
      <Value value={row.values.far} />
      <Value value={row.values.accuracy} />
      <td>{row.converged ? "yes" : "no"}</td>
      <td className={`${table.text} ${table.wrap}`}>
        {info === undefined
          ? row.generator === null
            ? "real images only"
            : ""
          : `${kindText(info.kind)}; ${provenanceText(info.provenance)}`}
      </td>
    </tr>
  );
}

function Value({ value }: { value: CompareValue | null }): ReactNode {
  if (value === null) return <td>–</td>;
  const { difference } = value;
  return (
    <td>
      {percent(value.mean)}
      {value.sigma === null ? "" : ` ± ${percent(value.sigma)}`}
      {difference === null ? null : (
        <span className={table.delta}>
          Δ {signedPoints(difference.mean)}
          {difference.sigma === null ? "" : ` ± ${percent(difference.sigma)}`}
        </span>
      )}
    </td>
  );
}
