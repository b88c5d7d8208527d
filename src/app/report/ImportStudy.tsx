import { Button, FileButton } from "@mantine/core";
import { type ReactNode, useState } from "react";
import css from "../plan/page.module.css";
import { useSession } from "../state/session.tsx";
import { useView } from "../state/view.ts";
import { Notice, Panel } from "../ui/Panel.tsx";

type Outcome = { readonly kind: "info" | "bad"; readonly text: string };

/** Takes a study file; a wrong one changes nothing and says why. */
export function ImportStudy(): ReactNode {
  const session = useSession();
  const selectStudy = useView((view) => view.selectStudy);
  const [outcome, setOutcome] = useState<Outcome | null>(null);

  const take = async (file: File | null): Promise<void> => {
    if (file === null) return;
    try {
      selectStudy(await session.importStudy(await file.text()));
      setOutcome({ kind: "info", text: `${file.name} is imported and selected. Start its cells on the page Runs.` });
    } catch (error) {
      setOutcome({ kind: "bad", text: `${file.name}: ${error instanceof Error ? error.message : String(error)}` });
    }
  };

  return (
    <Panel
      title="Import"
      summary="A study.json that this page or the sio command made. Everything stays in this browser."
    >
      <div className={css.bar}>
        <FileButton accept=".json,application/json" onChange={take} inputProps={{ "aria-label": "Study file" }}>
          {(props) => (
            <Button size="xs" variant="default" {...props}>
              Import a study file
            </Button>
          )}
        </FileButton>
      </div>
      {outcome === null ? null : <Notice kind={outcome.kind}>{outcome.text}</Notice>}
    </Panel>
  );
}
