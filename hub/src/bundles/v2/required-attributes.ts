import { isAttributeName, type RequiredAttribute } from '../../accounts/required-attributes.ts';
import type { Fields } from '../fields.ts';

/**
 *   required_attributes:
 *     - name: email_domain | affiliation | orcid | visa:<type>
 *       values: one of these; without, any
 */
export function readRequiredAttributes(root: Fields): RequiredAttribute[] {
  if (root.findValue('required_attributes') === undefined) return [];
  return root.mappings('required_attributes').map((fields) => {
    const name = fields.requiredText('name', { max: 110 });
    if (name && !isAttributeName(name))
      fields.error(
        'name',
        'attribute_unknown',
        `Nobody vouches for "${name}".`,
        'Write email_domain, affiliation, orcid, or visa:<type>, such as visa:ControlledAccessGrants.',
      );
    const values = fields.findValue('values') === undefined ? [] : readValues(fields);
    fields.noteUnknownKeys();
    return { name, values };
  });
}

function readValues(fields: Fields): string[] {
  return fields.list('values').flatMap(({ node, where }) => {
    if (node.kind === 'string' && /^\S{1,500}$/.test(node.text)) return [node.text];
    const message = '"values" must hold texts without spaces.';
    fields.log.error('not_text', { where, at: node.at }, message, 'Write each value in quotes.');
    return [];
  });
}
