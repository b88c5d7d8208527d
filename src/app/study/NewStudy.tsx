import { Modal } from "@mantine/core";
import type { ReactNode } from "react";
import { NewStudyForm } from "../plan/NewStudyForm.tsx";

/** Plans a study over the page; what it costs and its Run button follow in the same place. */
export function NewStudy({ opened, onClose }: { opened: boolean; onClose: () => void }): ReactNode {
  return (
    <Modal opened={opened} onClose={onClose} title="New study" size="xl">
      <NewStudyForm />
    </Modal>
  );
}
