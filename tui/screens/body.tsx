// What stands between header and prompt, by stage and route.
import { Box } from 'ink';
import type { ReactNode } from 'react';
import { bodyRows } from '../model/layout.ts';
import { isListRoute, type ListRoute, type Lists } from '../model/lists.ts';
import type { Model } from '../model/model.ts';
import { Lines } from '../parts/lines.tsx';
import { cardLines } from '../present/card.ts';
import { connectingLines } from '../present/connecting.ts';
import { codesLines, enrolmentView } from '../present/enrolment.ts';
import { helpLines } from '../present/help.ts';
import { listViews } from '../present/list-views.ts';
import { messageLines } from '../present/messages.ts';
import { signInView } from '../present/sign-in.ts';
import { cutLine, type Line, span } from '../present/span.ts';
import { AuditScreen } from './audit-screen.tsx';
import { CardScreen } from './card-screen.tsx';
import { RowsScreen } from './rows-screen.tsx';
import { ServersScreen } from './servers-screen.tsx';
import { SessionsScreen } from './sessions-screen.tsx';

export function Body({ model }: { readonly model: Model }): ReactNode {
  const { stage, overlay, size } = model;
  const height = bodyRows(size);
  const width = size.cols;
  const room = width - 4;
  switch (stage.stage) {
    case 'connecting':
      return <CardScreen lines={connectingLines(model, room)} width={width} height={height} />;
    case 'sign-in':
      return <CardScreen {...signInView(model, stage.signIn, room, height)} width={width} height={height} />;
    case 'enrolment':
      return <CardScreen {...enrolmentView(stage.enrolment, room, height)} width={width} height={height} />;
    case 'codes':
      return <CardScreen lines={codesLines(stage.codes, room)} width={width} height={height} />;
    case 'workspace':
      if (overlay?.overlay === 'help')
        return <Page lines={helpLines(model.readonly, width)} top={overlay.top} width={width} height={height} />;
      if (overlay?.overlay === 'messages')
        return (
          <Page lines={messageLines(model.messages, model.now, width - 2)} top={overlay.top} width={width} height={height} />
        );
      if (overlay?.overlay === 'card')
        return <Page lines={cardLines(model, overlay.card, width - 4)} top={overlay.top} width={width} height={height} />;
      return <List model={model} />;
    default:
      return stage satisfies never;
  }
}

function List({ model }: { readonly model: Model }): ReactNode {
  const { route } = model;
  if (isListRoute(route)) return <Rows model={model} lists={model.lists} route={route} />;
  switch (route) {
    case 'servers':
      return <ServersScreen model={model} />;
    case 'sessions':
      return <SessionsScreen model={model} />;
    case 'audit':
      return <AuditScreen model={model} />;
    default:
      return route satisfies never;
  }
}

type RowsProps<K extends ListRoute> = { readonly model: Model; readonly lists: Lists; readonly route: K };

/** Each list is a screen of its own: hooks of one are not those of another. */
function Rows<K extends ListRoute>({ model, lists, route }: RowsProps<K>): ReactNode {
  return <RowsScreen key={route} model={model} list={lists[route]} view={listViews[route]} />;
}

type PageProps = { readonly lines: readonly Line[]; readonly top: number; readonly width: number; readonly height: number };

function Page({ lines, top, width, height }: PageProps): ReactNode {
  const from = Math.max(0, Math.min(top, lines.length - height + 1));
  const window = lines.slice(from, from + height - 1).map((line): Line => cutLine([span('  '), ...line], width));
  return (
    <Box flexDirection="column" height={height} paddingTop={1} flexShrink={0}>
      <Lines lines={window} height={height - 1} />
    </Box>
  );
}
