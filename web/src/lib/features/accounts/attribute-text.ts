const NAMES: Readonly<Record<string, string>> = {
  email_domain: 'E-mail address at',
  affiliation: 'Affiliation',
  orcid: 'ORCID',
};

export function attributeText({ name, value }: { name: string; value: string }): string {
  const known = NAMES[name] ?? name.replace(/^visa:/, 'Visa ');
  return `${known} ${value}`;
}
