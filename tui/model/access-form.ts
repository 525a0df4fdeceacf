// What is filled in before access control is asked for something: for whom, how much, for how long, and always why.
import { grantLevels, mostGrantMinutes } from '../../gateway/protocol/access-nouns.ts';
import type { Result } from '../../gateway/protocol/errors.ts';
import type {
  BreakGlassId,
  CampaignId,
  CampaignItemId,
  DeviceId,
  GrantId,
  LoginId,
  PersonId,
  RequestId,
} from '../../gateway/protocol/ids.ts';
import { type Role, roles, type Selector } from '../../gateway/protocol/nouns.ts';
import { readSelector } from '../cli/selector.ts';
import type { AccessAsk } from './access-ask.ts';
import { choiceField, type FormField, numberField, textField } from './form-field.ts';

type Named = { readonly name: string };

export type AccessPurpose = Named &
  (
    | { readonly purpose: 'request'; readonly level: string }
    | { readonly purpose: 'deny'; readonly request: RequestId; readonly bound: string }
    | { readonly purpose: 'withdraw'; readonly request: RequestId }
    | { readonly purpose: 'revoke-grant' | 'prolong'; readonly grant: GrantId }
    | { readonly purpose: 'set-role'; readonly person: PersonId; readonly role: Role }
    | { readonly purpose: 'suspend' | 'restore'; readonly person: PersonId }
    | { readonly purpose: 'revoke-device'; readonly device: DeviceId }
    | { readonly purpose: 'revoke-login'; readonly login: LoginId }
    | { readonly purpose: 'admit' | 'find'; readonly entrance: BreakGlassId }
    | {
        readonly purpose: 'judge';
        readonly answer: 'keep' | 'revoke';
        readonly campaign: CampaignId;
        readonly item: CampaignItemId;
      }
    | { readonly purpose: 'start-review' }
    | { readonly purpose: 'batch' }
    | { readonly purpose: 'explain'; readonly action: string }
  );

const reason = textField('reason');

/** The fields of the form, with what stands in them before anything is typed. */
export function accessFields(purpose: AccessPurpose): readonly FormField[] {
  switch (purpose.purpose) {
    case 'request':
      return [
        textField('servers', purpose.name),
        choiceField('level', grantLevels, purpose.level),
        numberField('minutes', '60'),
        reason,
      ];
    case 'withdraw':
      return [];
    case 'set-role':
      return [choiceField('role', roles, purpose.role), reason];
    case 'find':
      return [textField('finding')];
    case 'start-review':
      return [textField('name'), numberField('days', '14'), reason];
    case 'batch':
      return [textField('servers', purpose.name), numberField('minutes', '60'), textField('purpose'), textField('code')];
    case 'explain':
      return [
        textField('person', '', 'you'),
        textField('action', purpose.action),
        textField('target', purpose.name, 'the workspace'),
      ];
    case 'deny':
    case 'revoke-grant':
    case 'prolong':
    case 'suspend':
    case 'restore':
    case 'revoke-device':
    case 'revoke-login':
    case 'admit':
    case 'judge':
      return [reason];
    default:
      return purpose satisfies never;
  }
}

/** The most a number may be. */
export function mostOf(purpose: AccessPurpose['purpose'], label: string): number {
  if (label === 'days') return 400;
  return purpose === 'batch' ? 480 : mostGrantMinutes;
}

const selectorOf = (typed: string): Result<Selector> => readSelector(typed.trim().replaceAll(/[\s,]+/g, ','));

/** What is wrong with what was typed, beyond what is missing. */
export function accessSlip(purpose: AccessPurpose, value: (label: string) => string): string | undefined {
  if (purpose.purpose !== 'request' && purpose.purpose !== 'batch') return undefined;
  const read = selectorOf(value('servers'));
  return read.ok ? undefined : 'a name, name* or label=value, joined by commas';
}

/** What a filled-in form asks for. `value`: what stands in the field with that label. */
export function accessAskOf(purpose: AccessPurpose, value: (label: string) => string): AccessAsk {
  const why = value('reason');
  const { name } = purpose;
  switch (purpose.purpose) {
    case 'request': {
      const read = selectorOf(value('servers'));
      const level = grantLevels.find((one) => one === value('level')) ?? 'terminal';
      const servers = read.ok ? read.value : {};
      return { ask: 'request', name: value('servers'), terms: { servers, level, minutes: Number(value('minutes')) }, why };
    }
    case 'deny':
      return { ask: 'deny', name, request: purpose.request, bound: purpose.bound, why };
    case 'withdraw':
      return { ask: 'withdraw', name, request: purpose.request };
    case 'revoke-grant':
    case 'prolong':
      return { ask: purpose.purpose, name, grant: purpose.grant, why };
    case 'set-role':
      return {
        ask: 'set-role',
        name,
        person: purpose.person,
        role: roles.find((one) => one === value('role')) ?? purpose.role,
        why,
      };
    case 'suspend':
    case 'restore':
      return {
        ask: 'set-status',
        name,
        person: purpose.person,
        status: purpose.purpose === 'suspend' ? 'suspended' : 'active',
        why,
      };
    case 'revoke-device':
      return { ask: 'revoke-device', name, device: purpose.device, why };
    case 'revoke-login':
      return { ask: 'revoke-login', name, login: purpose.login, why };
    case 'admit':
      return { ask: 'admit', name, entrance: purpose.entrance, why };
    case 'find':
      return { ask: 'find', name, entrance: purpose.entrance, finding: value('finding') };
    case 'judge':
      return { ask: 'judge', name, campaign: purpose.campaign, item: purpose.item, answer: purpose.answer, why };
    case 'start-review':
      return { ask: 'start-review', name: value('name'), days: Number(value('days')), why };
    case 'batch': {
      const read = selectorOf(value('servers'));
      return {
        ask: 'batch',
        name: value('servers'),
        servers: read.ok ? read.value : {},
        minutes: Number(value('minutes')),
        why: value('purpose'),
        code: value('code').replaceAll(/\s+/g, ''),
      };
    }
    case 'explain': {
      const person = value('person');
      const target = value('target');
      const whole = target === 'the workspace';
      return {
        ask: 'explain',
        name: `${value('action')} ${whole ? 'in' : 'on'} ${target} for ${person}`,
        person: person === 'you' ? undefined : person,
        action: value('action'),
        target: whole ? undefined : target,
      };
    }
    default:
      return purpose satisfies never;
  }
}
