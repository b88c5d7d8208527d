import { useEffect, useState } from "react";
import type { ImageSet } from "../../data/imageSet.ts";
import type { Session } from "../session/session.ts";
import { useSession } from "./session.tsx";

export type ImagesState =
  | { readonly kind: "loading" }
  | { readonly kind: "ready"; readonly set: ImageSet }
  | { readonly kind: "failed"; readonly message: string };

/** Image requests kept per session: about 60 × 16 thumbnails of 3 kB. */
const KEPT = 60;
const caches = new WeakMap<Session, Map<string, Promise<ImageSet>>>();
const loading: ImagesState = { kind: "loading" };

function cached(session: Session, key: string, load: (session: Session) => Promise<ImageSet>): Promise<ImageSet> {
  const cache = caches.get(session) ?? new Map<string, Promise<ImageSet>>();
  caches.set(session, cache);
  const known = cache.get(key);
  if (known) return known;
  const request = load(session);
  cache.set(key, request);
  request.catch(() => cache.delete(key));
  const oldest = cache.keys().next().value;
  if (cache.size > KEPT && oldest !== undefined) cache.delete(oldest);
  return request;
}

/** Images by request: `key` names the request, so that the same one is made once. */
export function useImages(key: string, load: (session: Session) => Promise<ImageSet>): ImagesState {
  const session = useSession();
  const [answer, setAnswer] = useState<{ key: string; state: ImagesState }>({ key: "", state: loading });
  // biome-ignore lint/correctness/useExhaustiveDependencies: `key` stands for everything that `load` closes over.
  useEffect(() => {
    let current = true;
    cached(session, key, load).then(
      (set) => current && setAnswer({ key, state: { kind: "ready", set } }),
      (error: unknown) =>
        current &&
        setAnswer({ key, state: { kind: "failed", message: error instanceof Error ? error.message : String(error) } }),
    );
    return () => {
      current = false;
    };
  }, [session, key]);
  return answer.key === key ? answer.state : loading;
}
