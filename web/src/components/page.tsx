import { Title } from '@mantine/core';
import { useEffect, type ReactNode } from 'react';

/** A page with its one heading, the sentence that matters, and its actions at the right. */
export function Page(props: {
  title: string;
  lead?: ReactNode;
  actions?: ReactNode;
  narrow?: boolean;
  children: ReactNode;
}): ReactNode {
  useEffect(() => {
    document.title = `${props.title} · Fairlead`;
  }, [props.title]);
  return (
    <div className={props.narrow === true ? 'page narrow' : 'page'}>
      <div className="page-head">
        <Title order={1}>{props.title}</Title>
        {props.lead !== undefined && <span className="quiet">{props.lead}</span>}
        {props.actions !== undefined && <div className="row push">{props.actions}</div>}
      </div>
      {props.children}
    </div>
  );
}

export function Section(props: {
  title: string;
  aside?: ReactNode;
  children: ReactNode;
  id?: string;
}): ReactNode {
  return (
    <section className="surface section" aria-label={props.title} id={props.id}>
      <div className="between" style={{ marginBottom: 8 }}>
        <Title order={2} fz={14}>
          {props.title}
        </Title>
        {props.aside}
      </div>
      {props.children}
    </section>
  );
}
