// The fields of a form, as values: a text, or one of a few.
import { emptyField, fieldOf, fieldText, type TextField } from './text-field.ts';

export type FormField =
  | {
      readonly field: 'text';
      readonly label: string;
      readonly typed: TextField;
      /** What stands in for an empty one; absent = it must be filled in. */
      readonly otherwise?: string;
      readonly digits?: true;
    }
  | { readonly field: 'choice'; readonly label: string; readonly options: readonly string[]; readonly at: number };

export const textField = (label: string, typed = '', otherwise?: string): FormField => ({
  field: 'text',
  label,
  typed: typed === '' ? emptyField : fieldOf(typed),
  ...(otherwise === undefined ? {} : { otherwise }),
});
export const numberField = (label: string, typed: string, otherwise?: string): FormField => ({
  field: 'text',
  label,
  typed: fieldOf(typed),
  digits: true,
  ...(otherwise === undefined ? {} : { otherwise }),
});
export const choiceField = (label: string, options: readonly string[], chosen: string): FormField => ({
  field: 'choice',
  label,
  options,
  at: Math.max(0, options.indexOf(chosen)),
});

/** What stands in a field, or in for it; '' = nothing does. */
export function valueOf(field: FormField): string {
  if (field.field === 'choice') return field.options[field.at] ?? '';
  const typed = fieldText(field.typed).trim();
  return typed === '' ? (field.otherwise ?? '') : typed;
}

/** Only what was typed. */
export const typedOf = (field: FormField | undefined): string => (field?.field === 'text' ? fieldText(field.typed).trim() : '');
