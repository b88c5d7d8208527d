import type { ReactNode } from "react";
import type { GeneratorInfo } from "../../../generators/generator.ts";
import type { FidelityProtocol, FidelityRecord } from "../../../study/fidelity.ts";
import { count, percent } from "../../model/format.ts";
import { sourceText } from "../../runs/cellText.ts";
import { useSession } from "../../state/session.tsx";
import { ActionButton } from "../../ui/ActionButton.tsx";
import table from "../../ui/table.module.css";

interface QualityTableProps {
  readonly records: readonly FidelityRecord[];
  readonly generators: readonly GeneratorInfo[];
}

/** The reports on pools of one benchmark, each with the protocol without which its numbers mean nothing. */
export function QualityTable({ records, generators }: QualityTableProps): ReactNode {
  const session = useSession();
  return (
    <table className={table.table}>
      <thead>
        <tr>
          {["Generator", "Distance", "Real–real floor", "KID × 1000", "Precision", "Recall", "Density", "Coverage"].map(
            (name) => (
              <th key={name} scope="col">
                {name}
              </th>
            ),
          )}
          <th scope="col">Labels right</th>
          <th scope="col">CAS</th>
          <th scope="col">Protocol</th>
          <th scope="col">Actions</th>
        </tr>
      </thead>
      <tbody>
        {records.map(({ id, generator, report }) => (
          <tr key={id}>
            <th scope="row">{sourceText(generator, generators)}</th>
            <td>{`${report.protocol.features === "inception" ? "FID" : "Fréchet"} ${report.frechet.toFixed(2)}`}</td>
            <td>{report.floor === null ? "–" : `${report.floor.toFixed(2)} (N ${count(report.floorN)})`}</td>
            <td>{(report.kid * 1000).toFixed(2)}</td>
            <td>{percent(report.precision)}</td>
            <td>{percent(report.recall)}</td>
            <td>{report.density.toFixed(2)}</td>
            <td>{percent(report.coverage)}</td>
            <td>{report.labelAccuracy === null ? "–" : percent(report.labelAccuracy)}</td>
            <td>{report.cas === null ? "–" : percent(report.cas)}</td>
            <td className={table.text}>
              {protocolText(report.protocol)}
              {report.frechetInfinity === null ? "" : ` N → ∞: ${report.frechetInfinity.toFixed(2)}.`}
              {report.notes.map((note) => (
                <div key={note}>{note}</div>
              ))}
            </td>
            <td>
              <ActionButton
                variant="default"
                size="compact-xs"
                label={`Delete the comparison of ${sourceText(generator, generators)}`}
                action={() => session.deleteFidelity(id)}
              >
                Delete
              </ActionButton>
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function protocolText(protocol: FidelityProtocol): string {
  const { features, network, featureDim, n, reference, resizer, k, seed } = protocol;
  return `N ${count(n)} each side, reference ${reference}; ${features} ${network} (${featureDim} features), resizer ${resizer}, k ${k}, seed ${seed}.`;
}
