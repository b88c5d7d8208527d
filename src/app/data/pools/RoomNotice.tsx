import type { ReactNode } from "react";
import type { GeneratorInfo } from "../../../generators/generator.ts";
import type { PoolRoom } from "../../../study/pool.ts";
import { bytes, count } from "../../model/format.ts";
import page from "../../plan/page.module.css";
import { sourceText } from "../../runs/cellText.ts";
import { useSession } from "../../state/session.tsx";
import { ActionButton } from "../../ui/ActionButton.tsx";
import { Notice } from "../../ui/Panel.tsx";

interface RoomNoticeProps {
  readonly room: PoolRoom;
  readonly generators: readonly GeneratorInfo[];
  readonly onRetry: () => void;
}

/** The storage has no room for a pool: the numbers, and what could go. Nothing goes by itself. */
export function RoomNotice({ room, generators, onRetry }: RoomNoticeProps): ReactNode {
  const session = useSession();
  const { needed, used, quota, suggestion } = room;
  const name = (pool: PoolRoom["suggestion"][number]) =>
    `${sourceText(pool.spec.generator, generators)}, seed ${pool.spec.seed}, ${count(pool.filled)} images (${bytes(pool.bytes)})`;
  const make = async (): Promise<void> => {
    const names = suggestion.map(name).join("; ");
    if (!window.confirm(`Delete these pools? ${names}. A run that needs one makes the same images again.`)) return;
    for (const { id } of suggestion) await session.deletePool(id);
    onRetry();
  };
  return (
    <Notice kind="warn" title="There is no room for this pool.">
      It needs {bytes(needed)}; {bytes(used)}
      {quota === null ? "" : ` of ${bytes(quota)}`} are used.{" "}
      {suggestion.length === 0 ? (
        "Deleting pools would not be enough: take a smaller pool, keep it as JPEG or seeds, or delete datasets or runs."
      ) : (
        <>
          These pools could go:
          <ul className={page.list}>
            {suggestion.map((pool) => (
              <li key={pool.id}>{name(pool)}</li>
            ))}
          </ul>
          <ActionButton variant="default" size="compact-xs" action={make}>
            Delete them and fill
          </ActionButton>
        </>
      )}
    </Notice>
  );
}
