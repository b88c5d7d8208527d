import { createContext, type ReactNode, use, useCallback, useSyncExternalStore } from "react";
import type { Session, SessionState } from "../session/session.ts";

const SessionContext = createContext<Session | null>(null);

export function SessionProvider({ session, children }: { session: Session; children: ReactNode }): ReactNode {
  return <SessionContext value={session}>{children}</SessionContext>;
}

/** The page's only door to workers, storage and files. */
export function useSession(): Session {
  const session = use(SessionContext);
  if (session === null) throw new Error("useSession needs a SessionProvider above it.");
  return session;
}

/** One field of the session's state; re-renders only when that field is another object. */
export function useSessionField<K extends keyof SessionState>(key: K): SessionState[K] {
  const session = useSession();
  const subscribe = useCallback((listener: () => void) => session.subscribe(listener), [session]);
  return useSyncExternalStore(subscribe, () => session.state()[key]);
}
