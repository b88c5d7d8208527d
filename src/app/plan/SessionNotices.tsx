import type { ReactNode } from "react";
import { useSessionField } from "../state/session.tsx";
import { Notice } from "../ui/Panel.tsx";

/** What is wrong with the session as a whole, above whatever a page shows. */
export function SessionNotices(): ReactNode {
  const phase = useSessionField("phase");
  const problem = useSessionField("problem");
  const exampleProblem = useSessionField("exampleProblem");
  return (
    <>
      {problem === null ? null : (
        <Notice kind="bad" title={phase === "failed" ? "The workbench could not start." : "Something went wrong."}>
          {problem.message} ({problem.code})
        </Notice>
      )}
      {exampleProblem === null ? null : (
        <Notice kind="warn" title="The example study cannot be shown.">
          {exampleProblem.message} Nothing is shown in its place; your own studies work as usual.
        </Notice>
      )}
    </>
  );
}
