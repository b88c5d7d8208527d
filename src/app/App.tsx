import "@mantine/core/styles.css";
import "./theme.css";
import { MantineProvider } from "@mantine/core";
import { lazy, type ReactNode, Suspense } from "react";
import { Route, Router, Switch } from "wouter";
import type { Session } from "./session/session.ts";
import { Shell } from "./shell/Shell.tsx";
import { usePageHash } from "./state/pageHash.ts";
import { SessionProvider } from "./state/session.tsx";
import { StudyPage } from "./study/StudyPage.tsx";
import { theme } from "./theme.ts";

const DataPage = lazy(async () => ({ default: (await import("./data/DataPage.tsx")).DataPage }));
const RunsPage = lazy(async () => ({ default: (await import("./runs/RunsPage.tsx")).RunsPage }));
const ComparePage = lazy(async () => ({ default: (await import("./compare/ComparePage.tsx")).ComparePage }));
const EvaluatePage = lazy(async () => ({ default: (await import("./evaluate/EvaluatePage.tsx")).EvaluatePage }));
const ReportPage = lazy(async () => ({ default: (await import("./report/ReportPage.tsx")).ReportPage }));

/** The whole page over one session. */
export function App({ session }: { session: Session }): ReactNode {
  return (
    <MantineProvider theme={theme} defaultColorScheme="auto">
      <SessionProvider session={session}>
        <Router hook={usePageHash}>
          <Shell>
            <Suspense fallback={null}>
              <Switch>
                <Route path="/data" component={DataPage} />
                <Route path="/runs" component={RunsPage} />
                <Route path="/compare" component={ComparePage} />
                <Route path="/evaluate" component={EvaluatePage} />
                <Route path="/report" component={ReportPage} />
                <Route component={StudyPage} />
              </Switch>
            </Suspense>
          </Shell>
        </Router>
      </SessionProvider>
    </MantineProvider>
  );
}
