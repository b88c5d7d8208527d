import { Button, type ButtonProps } from "@mantine/core";
import { type ReactNode, useState } from "react";
import css from "./ActionButton.module.css";

interface ActionButtonProps extends Pick<ButtonProps, "variant" | "size" | "disabled" | "color"> {
  /** Resolves when it is really done; a rejection's message stays beside the button. */
  readonly action: () => Promise<unknown>;
  /** Accessible name, where the visible text alone does not say what it acts on. */
  readonly label?: string;
  readonly children: ReactNode;
}

/** A button that starts something: busy while it lasts, and its failure is shown where it was started. */
export function ActionButton({ action, label, children, ...button }: ActionButtonProps): ReactNode {
  const [busy, setBusy] = useState(false);
  const [failure, setFailure] = useState<string | null>(null);

  const start = async (): Promise<void> => {
    setBusy(true);
    setFailure(null);
    try {
      await action();
    } catch (error) {
      setFailure(error instanceof Error ? error.message : String(error));
    } finally {
      setBusy(false);
    }
  };

  return (
    <span className={css.wrap}>
      <Button
        size="xs"
        {...button}
        {...(label === undefined ? {} : { "aria-label": label })}
        loading={busy}
        onClick={start}
      >
        {children}
      </Button>
      {failure === null ? null : (
        <span className={css.failure} role="alert">
          {failure}
        </span>
      )}
    </span>
  );
}
